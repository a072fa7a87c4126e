package config

import (
	"net"
	"net/url"
	"strings"
	"time"
)

// What becomes of files that nobody can look into.
const (
	ScanWait     = "wait"     // they wait until somebody can
	ScanWithhold = "withhold" // they stay behind
	ScanAdmit    = "admit"    // they cross
)

// Scan says who looks into files for what does harm. Without a scanner nobody does.
type Scan struct {
	Clamd    string        `yaml:"clamd"`     // ClamAV's daemon: the path of its socket, or host:port
	ICAP     string        `yaml:"icap"`      // or an ICAP service: its URL
	CAFile   string        `yaml:"ca_file"`   // for icaps: PEM file of the authorities to trust; empty: the system's
	Timeout  time.Duration `yaml:"timeout"`   // after which a scanner that does not go on counts as away
	WhenAway string        `yaml:"when_away"` // ScanWait, ScanWithhold or ScanAdmit
	TooLarge string        `yaml:"too_large"` // for files that are larger than the scanner takes: ScanWithhold or ScanAdmit
	Largest  int           `yaml:"largest"`   // in MB, for a scanner that does not say what it takes; 0: it does
	// TellAfter is after how long people are told that a file waits.
	TellAfter time.Duration `yaml:"tell_after"`
}

// Enabled tells whether files are looked into.
func (s Scan) Enabled() bool { return s.Clamd != "" || s.ICAP != "" }

func (v *validation) scan(s Scan) {
	if s.Clamd != "" && s.ICAP != "" {
		v.complain("scan", "clamd and icap are both there; choose one")
	}
	if _, port, err := net.SplitHostPort(s.Clamd); s.Clamd != "" && !strings.HasPrefix(s.Clamd, "/") && (err != nil || port == "") {
		v.complain("scan.clamd", "%q is neither the path of a socket nor host:port; write one such as /run/clamav/clamd.ctl", s.Clamd)
	}
	if u, err := url.Parse(s.ICAP); s.ICAP != "" && (err != nil || u.Host == "" || u.Scheme != "icap" && u.Scheme != "icaps") {
		v.complain("scan.icap", "%q is no address of a service; write one such as icap://127.0.0.1:1344/avscan", s.ICAP)
	}
	if s.CAFile != "" && !strings.HasPrefix(s.ICAP, "icaps://") {
		v.complain("scan.ca_file", "is for a service that is reached over TLS; write scan.icap as icaps://…, or leave it out")
	}
	if s.Timeout <= 0 {
		v.complain("scan.timeout", "must be a time such as 60s")
	}
	if s.TellAfter < 0 {
		v.complain("scan.tell_after", "must be a time such as 10s")
	}
	if s.Largest < 0 {
		v.complain("scan.largest", "must be a number of MB, or 0")
	}
	v.oneOf("scan.when_away", s.WhenAway, ScanWait, ScanWithhold, ScanAdmit)
	v.oneOf("scan.too_large", s.TooLarge, ScanWithhold, ScanAdmit)
}
