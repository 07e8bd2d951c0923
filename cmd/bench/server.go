package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"shangliang/internal/app"
)

// asServer is the environment variable that makes this program be the server;
// it holds a childSettings.
const asServer = "SHANGLIANG_BENCH_SERVER"

type childSettings struct {
	Data     string
	Database string
	Profiles string // folder; none: no profiles
}

// serveChild runs the platform as the command "serve" does, with its log in a
// file. SIGUSR1 begins a CPU profile and ends it the next time.
func serveChild(ctx context.Context, text string) error {
	var s childSettings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.Data, "server.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	a, err := app.New(ctx, app.Options{Data: s.Data, Database: s.Database, Log: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		return err
	}
	defer a.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if s.Profiles != "" {
		go profiles(ctx, s.Profiles)
	}
	fmt.Println(l.Addr())
	return a.Serve(ctx, l)
}

func profiles(ctx context.Context, dir string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	for n := 0; ; n++ {
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("cpu-%d.prof", n)))
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			slog.Error("profile", "err", err)
			continue
		}
		<-signals
		pprof.StopCPUProfile()
		f.Close()
	}
}

// server is the platform in its own process.
type server struct {
	cmd      *exec.Cmd
	addr     string
	profiles string
	taken    int
}

// startServer starts this program as a server and waits until it answers.
func startServer(ctx context.Context, s childSettings) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), asServer+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	srv := &server{cmd: cmd, profiles: s.Profiles}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(errors.New("the server did not start"), cmd.Wait())
	}
	srv.addr = strings.TrimSpace(line)
	for range 200 {
		resp, err := http.Get("http://" + srv.addr + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return srv, nil
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), srv.stop())
		}
	}
	return nil, errors.Join(errors.New("the server does not answer"), srv.stop())
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// profile takes a CPU profile of the server until the function it returns is
// called.
func (s *server) profile(name string) (end func() error) {
	if s.profiles == "" {
		return func() error { return nil }
	}
	_ = s.cmd.Process.Signal(syscall.SIGUSR1) // a server that is gone shows itself in the answers
	return func() error {
		if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			return err
		}
		time.Sleep(300 * time.Millisecond) // it is being written
		from := filepath.Join(s.profiles, fmt.Sprintf("cpu-%d.prof", s.taken))
		s.taken++
		return os.Rename(from, filepath.Join(s.profiles, name+".prof"))
	}
}

// cpu is how long the server has computed so far, on all cores together.
func (s *server) cpu() (time.Duration, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest) // from the third on
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is not as expected")
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, nil // ticks of Linux
}

// memory is what the server takes of the machine's memory now, in bytes: all of
// it, and the part that is its own rather than pages of files.
func (s *server) memory() (resident, own int64, err error) {
	f, err := os.Open("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		switch n, _ := strconv.ParseInt(fields[1], 10, 64); fields[0] {
		case "VmRSS:":
			resident = n << 10
		case "RssAnon:":
			own = n << 10
		}
	}
	return resident, own, lines.Err()
}
