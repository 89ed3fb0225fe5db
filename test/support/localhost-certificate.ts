/** A key and its self-signed certificate for `localhost`, made for tests and trusted by nothing else. */
export const LOCALHOST = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpoDcUWemS2Dbdk9a
oVnyjwaloKq1p6ivAGo0DXc9saOhRANCAAQhsZjMcAIFFor5MUnz37QEt5dCCPKR
dLH049nGzNFYvIEd440rgdQwrIqFDmM+07G3fu3ihQVoHjbajvFG6ks7
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUY6TsG7gVpDuQEh7ejxdRhSn6NaowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjEwNDg1NloYDzIxMjYxMTAy
MTA0ODU2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQhsZjMcAIFFor5MUnz37QEt5dCCPKRdLH049nGzNFYvIEd440rgdQw
rIqFDmM+07G3fu3ihQVoHjbajvFG6ks7o2kwZzAdBgNVHQ4EFgQUbcO/NU+iEdda
bIgwArWZxsjbrrkwHwYDVR0jBBgwFoAUbcO/NU+iEddabIgwArWZxsjbrrkwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
RwAwRAIgDgWb2vXCHUg/VSPvNjeFnNGlEFgsw0+lB9cnwidLU70CIC4xdaVufYtn
TV+vbysZ9v9wJPPiTbzEJLesu/JAhDTV
-----END CERTIFICATE-----
`,
}
