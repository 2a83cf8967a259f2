// Reads requests with Go's net/http and prints what it has read, as h11_server.py does.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{
		DisableGeneralOptionsHandler: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				fmt.Println("BAD", err)
				return
			}
			fmt.Printf("%s %s %s %x\n", r.Method, r.RequestURI, r.Host, body)
			w.Header().Set("content-length", "2")
			io.WriteString(w, "ok")
		}),
	}
	panic(server.Serve(listener))
}
