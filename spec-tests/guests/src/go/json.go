// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// JSON from standard input to values and back, through struct tags, maps and a custom marshaller.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
)

type flag int

func (f flag) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "flag-%d", int(f)), nil }

type record struct {
	ID     int            `json:"id"`
	Name   string         `json:"name"`
	Weight float64        `json:"weight"`
	Flags  []*bool        `json:"flags"`
	Nested map[string]any `json:"nested,omitempty"`
	Extra  flag           `json:"extra"`
}

func main() {
	var records []record
	if err := json.NewDecoder(os.Stdin).Decode(&records); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	sum := 0.0
	for i := range records {
		records[i].Extra = flag(len(records[i].Flags))
		sum += math.Sqrt(math.Abs(records[i].Weight))
	}
	text, err := json.MarshalIndent(records, "", " ")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(string(text))
	var first, second any
	compact, _ := json.Marshal(records)
	fmt.Println(json.Unmarshal(text, &first), json.Unmarshal(compact, &second))
	fmt.Println(reflect.DeepEqual(first, second))
	fmt.Printf("%d records, %.9f\n", len(records), sum)
}
