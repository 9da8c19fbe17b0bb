"""Who asks: tokens, logins and the proxy that may vouch for somebody; and the door that lets nobody else in."""
