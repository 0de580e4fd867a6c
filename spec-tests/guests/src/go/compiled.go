// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled by Go's own compiler, itself running as a guest; imports nothing.
package main

type tree[T any] struct {
	left, right *tree[T]
	value       T
}

func (t *tree[T]) insert(value T, less func(a, b T) bool) *tree[T] {
	if t == nil {
		return &tree[T]{value: value}
	}
	if less(value, t.value) {
		t.left = t.left.insert(value, less)
	} else {
		t.right = t.right.insert(value, less)
	}
	return t
}

func (t *tree[T]) each(yield func(T) bool) bool {
	return t == nil || t.left.each(yield) && yield(t.value) && t.right.each(yield)
}

func main() {
	var root *tree[string]
	for _, word := range []string{"b", "c", "a"} {
		root = root.insert(word, func(a, b string) bool { return a < b })
	}
	root.each(func(word string) bool { println(word); return true })
	defer func() { println(recover() != nil) }()
	var none map[string]int
	none["x"] = 1
}
