// web answers every request with the name of the node it runs on (NODE_NAME, which a pod gets through
// the downward API) and its own host name, so that a test sees who answered.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	host, _ := os.Hostname()
	answer := fmt.Sprintf("node=%s pod=%s\n", os.Getenv("NODE_NAME"), host)
	http.HandleFunc("/", func(reply http.ResponseWriter, _ *http.Request) { fmt.Fprint(reply, answer) })

	// Process 1 of a container dies of no signal that it does not handle.
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-end
		os.Exit(0)
	}()
	log.Fatal(http.ListenAndServe(":8080", nil))
}
