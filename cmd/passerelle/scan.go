package main

import (
	"context"
	"fmt"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/portal"
	"passerelle/portal/scan"
)

// scanner is what looks into files.
func scanner(c config.Scan) (portal.Scanner, error) {
	if !c.Enabled() {
		return portal.NoScanner{}, nil
	}
	return scan.New(scan.Options{
		Clamd: c.Clamd, ICAP: c.ICAP, CAFile: c.CAFile, Timeout: c.Timeout, WhenAway: scan.Choice(c.WhenAway), TooLarge: scan.Choice(c.TooLarge),
		Largest: int64(c.Largest) << 20,
	})
}

// checkScanner asks the scanner whether it is there.
func checkScanner(ctx context.Context, c config.Scan, files portal.Scanner) []bridge.Finding {
	scanner, ok := files.(*scan.Scanner)
	if !ok {
		return nil
	}
	f := bridge.Finding{Subject: "scanner", Result: bridge.OK, Detail: c.Clamd + c.ICAP + " answers"}
	if err := scanner.Ping(ctx); err != nil {
		f.Result = bridge.Failed
		f.Detail = fmt.Sprintf("%s does not answer: %v. Check scan, and that the scanner is running.", c.Clamd+c.ICAP, err)
	}
	return []bridge.Finding{f}
}
