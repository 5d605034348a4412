//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// These speak on a connection without net/http, once a request was read.

// afterRequest calls then for each whole request on a connection, until it says to close it.
func afterRequest(then func(c net.Conn) (goOn bool)) func(net.Conn) {
	return func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil || !then(c) {
				return
			}
		}
	}
}

// says is a connection on which each request is answered with some text and closed.
func says(text string) func(net.Conn) {
	return afterRequest(func(c net.Conn) bool {
		_, _ = io.WriteString(c, text)
		return false
	})
}

// drips answers with a byte every 30 ms.
func drips(text string) func(net.Conn) {
	return afterRequest(func(c net.Conn) bool {
		tick := time.NewTicker(30 * time.Millisecond)
		defer tick.Stop()
		for i := range len(text) {
			if _, err := io.WriteString(c, text[i:i+1]); err != nil {
				return false
			}
			<-tick.C
		}
		return false
	})
}

// floods answers with a head and then a line again and again, until nobody reads.
func floods(head, line string) func(net.Conn) {
	return afterRequest(func(c net.Conn) bool {
		_, err := io.WriteString(c, head)
		for err == nil {
			_, err = io.WriteString(c, line)
		}
		return false
	})
}

// silent reads and never answers.
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// readsABit closes within the request. Data that is not read when it closes makes it a reset.
func readsABit(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 20)) }

// answersTwice answers each request, and once more without being asked, with a student's data in it.
func answersTwice(c net.Conn) {
	afterRequest(func(c net.Conn) bool {
		body := `{"student":"stu-7"}`
		one := fmt.Sprintf("HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		_, err := io.WriteString(c, one)
		time.AfterFunc(20*time.Millisecond, func() { _, _ = io.WriteString(c, one) })
		return err == nil
	})(c)
}

const created = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"

func long(n int) string { return strings.Repeat("x", n) }
