import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import Header from '@cloudscape-design/components/header'
import { type ReactNode, useEffect } from 'react'
import { toExperiments } from './router.ts'

type Props = Readonly<{
  title: string
  /** What stands in the window’s title when it should say more than the heading. */
  windowTitle?: string
  description?: ReactNode
  actions?: ReactNode
  breadcrumb?: boolean
  children: ReactNode
}>

export const Page = ({ title, windowTitle, description, actions, breadcrumb = true, children }: Props) => {
  useEffect(() => {
    document.title = `${windowTitle ?? title} · Shadowmeter`
  }, [title, windowTitle])
  return (
    <div className="page">
      {breadcrumb && (
        <BreadcrumbGroup
          ariaLabel="Where you are"
          items={[
            { text: 'Experiments', href: toExperiments },
            { text: title, href: location.hash },
          ]}
        />
      )}
      <Header variant="h1" description={description} actions={actions}>
        {title}
      </Header>
      {children}
    </div>
  )
}
