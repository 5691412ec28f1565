package main

import (
	"syscall"
	"testing"
)

// mountSmall mounts a file system of 256 MiB in memory; false says that it may not.
func mountSmall(dir string) bool {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256m") == nil
}

func unmount(t *testing.T, dir string) {
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		t.Errorf("unmount %s: %v", dir, err)
	}
}
