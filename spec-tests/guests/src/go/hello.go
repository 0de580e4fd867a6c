// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Hello: arguments, environment, standard streams, a file, a recovered panic, exit code.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"strings"
)

func divide(a, b int) (result int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("recovered: %v", cause)
		}
	}()
	return a / b, nil
}

func main() {
	fmt.Println("hello", strings.Join(os.Args[1:], ","))
	fmt.Println("HOME", os.Getenv("HOME"))
	lines := bufio.NewScanner(os.Stdin)
	counts := map[string]int{}
	for lines.Scan() {
		for _, word := range strings.Fields(lines.Text()) {
			counts[word]++
		}
	}
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Slice(words, func(i, j int) bool {
		a, b := words[i], words[j]
		return counts[a] > counts[b] || counts[a] == counts[b] && a < b
	})
	for _, word := range words[:min(5, len(words))] {
		fmt.Println(word, counts[word])
	}
	if err := os.MkdirAll("deep/er", 0o755); err != nil {
		fmt.Println(err)
	}
	if err := os.WriteFile("deep/er/file", []byte(strings.Join(words, "\n")), 0o644); err != nil {
		fmt.Println(err)
	}
	if _, err := os.ReadFile("none"); !errors.Is(err, fs.ErrNotExist) {
		fmt.Println("none is there:", err)
	}
	fmt.Println(divide(7, 2))
	fmt.Println(divide(7, len(counts)-len(words)))
	os.Exit(len(os.Args))
}
