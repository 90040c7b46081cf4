//go:build tools

// Package tools pins the commands that tests/real/build compiles.
package tools

import (
	_ "github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws"
)
