package main

import "errors"

type benchCmd struct{}

// Run implements the command.
func (benchCmd) Run() error { return errors.New("no") }
