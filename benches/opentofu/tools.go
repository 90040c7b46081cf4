//go:build tools

// Package tools names the program to build, so that go keeps its modules in go.mod.
package tools

import _ "github.com/opentofu/opentofu/cmd/tofu"
