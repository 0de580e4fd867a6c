// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Goroutines, channels, select, timers, a ticker, context deadlines, garbage collection, recursion.
package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func pipeline(count int) int {
	source := make(chan int)
	go func() {
		defer close(source)
		for i := range count {
			source <- i
		}
	}()
	results := make(chan int, 8)
	var workers sync.WaitGroup
	for range 10 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for value := range source {
				results <- value * value
			}
		}()
	}
	go func() { workers.Wait(); close(results) }()
	sum := 0
	for value := range results {
		sum += value
	}
	return sum
}

func sieve(count int) (last int) {
	numbers := make(chan int)
	go func() {
		for i := 2; ; i++ {
			numbers <- i
		}
	}()
	for range count {
		last = <-numbers
		from, to, prime := numbers, make(chan int), last
		go func() {
			for value := range from {
				if value%prime != 0 {
					to <- value
				}
			}
		}()
		numbers = to
	}
	return last
}

func timers() {
	start := time.Now()
	delays := []time.Duration{90, 30, 60}
	var fired [3]time.Duration
	var done sync.WaitGroup
	for i, delay := range delays {
		done.Add(1)
		time.AfterFunc(delay*time.Millisecond, func() {
			defer done.Done()
			fired[i] = time.Since(start)
		})
	}
	done.Wait()
	for i, delay := range delays {
		fmt.Println("timer", i, "in time:", fired[i] >= delay*time.Millisecond)
	}

	ticker := time.NewTicker(5 * time.Millisecond)
	for range 4 {
		<-ticker.C
	}
	ticker.Stop()
	limited, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	select {
	case <-limited.Done():
		fmt.Println(limited.Err())
	case <-time.After(10 * time.Second):
		fmt.Println("the deadline was missed")
	}
}

func depth(n int) int {
	if n == 0 {
		return 0
	}
	return depth(n-1) + 1
}

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func (n *node) size() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.size() + n.right.size()
}

func main() {
	fmt.Println(pipeline(1000))
	fmt.Println(sieve(100))
	var total atomic.Int64
	var group sync.WaitGroup
	for i := range 1000 {
		group.Add(1)
		go func() {
			defer group.Done()
			runtime.Gosched()
			total.Add(int64(i))
		}()
	}
	group.Wait()
	fmt.Println(total.Load())
	timers()
	fmt.Println(depth(10000))
	kept := tree(12)
	for range 20 {
		tree(12)
	}
	runtime.GC()
	fmt.Println(kept.size())
}
