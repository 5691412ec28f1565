package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"math"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// keepBelowCgroup makes the collector work harder before the kernel ends the
// process: nine tenths of the memory that the container or unit has. GOMEMLIMIT of
// the operator's wins.
func keepBelowCgroup(log *slog.Logger) {
	switch limit, err := memlimit.Set(); {
	case errors.Is(err, memlimit.ErrNoCgroup), errors.Is(err, memlimit.ErrCgroupsNotSupported), errors.Is(err, fs.ErrNotExist):
		log.Debug("no limit of memory is known", "why", err)
	case err != nil:
		log.Warn("no limit of memory is known; GOMEMLIMIT sets one", "err", err)
	case limit < math.MaxInt64:
		log.Info("memory is limited", "bytes", limit)
	}
}
