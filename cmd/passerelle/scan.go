package main

import (
	"context"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/portal"
	"passerelle/portal/say"
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
	address := c.Clamd + c.ICAP
	f := bridge.Finding{Subject: say.CheckScanner.With(), Result: bridge.OK, Detail: say.CheckAnswers.With(address)}
	if err := scanner.Ping(ctx); err != nil {
		f.Result, f.Detail, f.Remedy = bridge.Failed, say.CheckAnswersNot.With(address, err), say.CheckScannerMend.With("scan")
	}
	return []bridge.Finding{f}
}
