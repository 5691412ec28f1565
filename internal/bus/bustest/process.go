package bustest

import (
	"fmt"
	"os"

	"github.com/nats-io/nats-server/v2/server"
)

// ServerMain is nats-server: a test binary that is called by that name, with a
// configuration file, is a server that can be killed.
func ServerMain() {
	if err := serve(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "nats-server:", err)
		os.Exit(1)
	}
}

func serve(conf string) error {
	opts, err := server.ProcessConfigFile(conf)
	if err != nil {
		return err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	if err := server.Run(s); err != nil {
		return err
	}
	s.WaitForShutdown()
	return nil
}
