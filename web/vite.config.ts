import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Where a deployment’s users sign in, and so the only other address that the page may ask. */
const { VITE_OIDC_TOKEN_ENDPOINT: tokenEndpoint } = process.env
const providers = tokenEndpoint ? [new URL(tokenEndpoint).origin] : []

/**
 * Said in the page itself, so that it holds behind any server: scripts and styles only from the console’s own files,
 * requests only to the API beside it.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  ["connect-src 'self'", ...providers].join(' '),
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  // vite's development server needs inline scripts for hot reload
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
      injectTo: 'head-prepend',
    },
  ],
}

export default defineConfig({
  plugins: [react(), contentSecurityPolicy],
  build: { target: 'es2024', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': 'http://127.0.0.1:4700' } },
})
