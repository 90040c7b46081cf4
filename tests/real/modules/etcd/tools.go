//go:build tools

// Package tools pins the commands that tests/real/build compiles.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
)
