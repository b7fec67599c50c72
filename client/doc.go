// Package client calls a smart pool daemon's HTTP API. It limits the size and time of every answer and follows no redirects, which could
// leak the token. It does not verify what the daemon says.
package client
