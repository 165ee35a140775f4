// web answers every request with the name of the node it runs on (NODE_NAME, which a pod gets through
// the downward API) and its own host name, so that a test sees who answered. Asked to end, it goes on
// answering for a while.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Services learn of a pod's end later than the pod itself does, on a busy machine by seconds.
const farewell = 8 * time.Second

func main() {
	host, _ := os.Hostname()
	answer := fmt.Sprintf("node=%s pod=%s\n", os.Getenv("NODE_NAME"), host)
	http.HandleFunc("/", func(reply http.ResponseWriter, _ *http.Request) { fmt.Fprint(reply, answer) })

	server := &http.Server{Addr: ":8080"}

	// Process 1 of a container dies of no signal that it does not handle.
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-end
		server.SetKeepAlivesEnabled(false) // who comes on a kept connection is sent to another pod
		time.Sleep(farewell)
		os.Exit(0)
	}()
	log.Fatal(server.ListenAndServe())
}
