module github.com/pastelnetwork/smartpool

go 1.26.0

require pgregory.net/rapid v1.3.0 // indirect
