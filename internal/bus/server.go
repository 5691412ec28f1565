package bus

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is the JetStream server inside this process. The client connection
// asks it for a pipe at every reconnect, so that restart is, to the rest of the
// program, a short loss of the connection.
type embedded struct {
	opts   server.Options
	store  string
	log    *slog.Logger
	now    atomic.Pointer[server.Server]
	mu     sync.Mutex // serialises restart and stop
	socket net.Listener
	conns  sync.WaitGroup

	unstored atomic.Pointer[string] // since the server's last start
}

// readyTimeout bounds the embedded server's start; a million stored messages
// took one second.
const readyTimeout = 2 * time.Minute

func startEmbedded(cfg Config, token string) (*embedded, error) {
	store := filepath.Join(cfg.DataDir, "nats")
	if err := os.MkdirAll(store, 0o700); err != nil {
		return nil, fmt.Errorf("make the store of the embedded NATS server: %w", err)
	}
	e := &embedded{store: store, log: cfg.Log, opts: server.Options{
		ServerName:             "tocsin",
		JetStream:              true,
		StoreDir:               store,
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		MaxPayload:             1 << 20,
		Authorization:          token,
		JetStreamMaxMemory:     64 << 20,
		// The streams bound themselves; the server's own default, a share of
		// the free disk, would refuse to create them on a small one.
		JetStreamMaxStore: 1 << 40,
	}}
	switch cfg.Durability {
	case Always:
		e.opts.SyncAlways = true
	case Balanced:
		e.opts.SyncInterval = time.Second
	case Relaxed:
		e.opts.SyncInterval = 2 * time.Minute
	}
	if cfg.Listen != "" {
		host, port, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("nats.listen %q: %w", cfg.Listen, err)
		}
		p, err := strconv.Atoi(port)
		if err != nil {
			return nil, fmt.Errorf("nats.listen %q: %w", cfg.Listen, err)
		}
		if p == 0 {
			p = server.RANDOM_PORT
		}
		e.opts.DontListen, e.opts.Host, e.opts.Port = false, host, p
	}
	if err := e.start(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *embedded) start() error {
	opts := e.opts // the server keeps and changes what it is given
	s, err := server.NewServer(&opts)
	if err != nil {
		return fmt.Errorf("start the embedded NATS server: %w", err)
	}
	e.unstored.Store(nil)
	failed := &firstFatal{Logger: natsLog{e.log, &e.unstored}}
	s.SetLoggerV2(failed, false, false, false)
	s.Start()
	ready := false
	for began := time.Now(); !ready && failed.why() == "" && time.Since(began) < readyTimeout; {
		ready = s.ReadyForConnections(time.Second) // in steps: it goes on to wait for a server that has given up
	}
	if !ready {
		s.Shutdown()
		s.WaitForShutdown()
		if why := failed.why(); why != "" {
			return fmt.Errorf("start the embedded NATS server: %s", why)
		}
		return fmt.Errorf("the embedded NATS server was not ready within %v; its files are in %s", readyTimeout, e.store)
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return fmt.Errorf("the embedded NATS server could not open its store in %s; see the log above", e.store)
	}
	if a, ok := s.Addr().(*net.TCPAddr); ok {
		e.opts.Port = a.Port // one that the system chose stays over restarts
	}
	e.now.Store(s)
	return nil
}

// stores returns nil unless one of the streams takes nothing more since a write of it
// failed, though others do: the server gives such a stream up until its next start.
func (e *embedded) stores() error {
	if why := e.unstored.Load(); why != nil {
		return fmt.Errorf("NATS takes no message: %s", *why)
	}
	return nil
}

// InProcessConn implements nats.InProcessConnProvider over restarts.
func (e *embedded) InProcessConn() (net.Conn, error) {
	s := e.now.Load()
	if s == nil || !s.Running() {
		return nil, errors.New("the embedded NATS server is down")
	}
	return s.InProcessConn()
}

// restart ends the server and starts it again on the same store. After a full
// disk this is the one thing that helps: freeing space alone does not.
func (e *embedded) restart() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.now.Load(); s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
	return e.start()
}

func (e *embedded) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.socket != nil {
		_ = e.socket.Close() // it unlinks the path; a second close has nothing to say
	}
	if s := e.now.Load(); s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
	e.conns.Wait()
}

// clientURL is where other programs reach the server, "" without a port.
func (e *embedded) clientURL() string {
	if e.opts.DontListen {
		return ""
	}
	return e.now.Load().ClientURL()
}

// SocketName is the file in the data directory through which this machine's
// other tocsin commands (watch, dead) reach a running daemon. It is no TCP
// port: file permissions guard it.
const SocketName = "bus.sock"

// maxSocketPath is what a Unix socket's address holds on the systems that we run on.
const maxSocketPath = 103

// listenSocket lets local clients in through a Unix socket beside the store.
func (e *embedded) listenSocket(path string) error {
	if len(path) > maxSocketPath {
		e.log.Warn("the data directory's path is too long for a socket: tocsin watch and tocsin dead need --nats-listen", "path", path)
		return nil
	}
	// A socket left by kill -9 is nobody's: the caller holds the directory's lock.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the old socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("listen for local clients: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return fmt.Errorf("guard the socket for local clients: %w", err)
	}
	e.socket = l
	e.conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed by stop
			}
			e.conns.Go(func() { e.relay(c) })
		}
	})
	return nil
}

// relay joins a local client and the server until one of them ends.
func (e *embedded) relay(client net.Conn) {
	srv, err := e.InProcessConn()
	if err != nil {
		client.Close()
		return
	}
	var wg sync.WaitGroup
	for _, p := range [2][2]net.Conn{{srv, client}, {client, srv}} {
		wg.Go(func() {
			_, _ = io.Copy(p[0], p[1]) // either end may go at any time
			p[0].Close()
			p[1].Close()
		})
	}
	wg.Wait()
}

// syncTree syncs every file and directory below root.
func syncTree(root string) error {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server tidies while we walk
		}
		if err != nil || !(d.IsDir() || d.Type().IsRegular()) {
			return err
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Sync()
	})
	if err != nil {
		return fmt.Errorf("sync the store: %w", err)
	}
	return nil
}

// natsLog hands the server's lines to slog. Its notices are start-up chatter.
type natsLog struct {
	log      *slog.Logger
	unstored *atomic.Pointer[string] // what is said of a message that was not stored
}

func (l natsLog) Noticef(f string, v ...any) { l.log.Debug("nats: " + fmt.Sprintf(f, v...)) }
func (l natsLog) Warnf(f string, v ...any)   { l.log.Warn("nats: " + fmt.Sprintf(f, v...)) }
func (l natsLog) Fatalf(f string, v ...any)  { l.log.Error("nats: " + fmt.Sprintf(f, v...)) }
func (l natsLog) Debugf(string, ...any)      {}
func (l natsLog) Tracef(string, ...any)      {}

// Errorf also keeps why a stream takes nothing more: the server tells it nowhere else.
func (l natsLog) Errorf(f string, v ...any) {
	said := fmt.Sprintf(f, v...)
	if strings.Contains(said, "failed to store a msg on stream") {
		l.unstored.Store(&said)
	}
	l.log.Error("nats: " + said)
}

// firstFatal remembers the first line for which the server would have ended
// the process: the reason of a failed start, such as a port in use.
type firstFatal struct {
	server.Logger
	first atomic.Pointer[string]
}

func (l *firstFatal) Fatalf(f string, v ...any) {
	s := strings.TrimSpace(fmt.Sprintf(f, v...))
	l.first.CompareAndSwap(nil, &s)
}

func (l *firstFatal) why() string {
	if p := l.first.Load(); p != nil {
		return *p
	}
	return ""
}
