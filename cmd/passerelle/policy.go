package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/portal"
	"passerelle/portal/govern"
	"passerelle/portal/policy"
	"passerelle/portal/say"
)

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Try the policy of the border"}
	var path string
	test := &cobra.Command{
		Use:   "test CASES.yaml",
		Short: "Run a table of cases against the policy",
		Long: "Test runs each case of a table against the policy in the configuration, which need not be in force yet. It prints a line a " +
			"case, and ends with 1 when one comes out otherwise than the table says. docs/policy.md shows what a table looks like.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(path, os.Environ())
			if err != nil {
				return err
			}
			set, err := policyOf(c.Policy, zerolog.Nop())
			if err != nil {
				return err
			}
			cases, err := readCases(args[0])
			if err != nil {
				return err
			}
			return runCases(cmd.Context(), set, cases, cmd.OutOrStdout())
		},
	}
	configFlag(test, &path)
	cmd.AddCommand(test)
	return cmd
}

// policyOf makes the policy that a configuration describes. An error names the key, and what to do.
func policyOf(c config.Policy, log zerolog.Logger) (*policy.Set, error) {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("policy.timezone: %w", err)
	}
	departments, err := departmentsOf(c)
	if err != nil {
		return nil, err
	}
	d := policy.Definition{Zone: zone, Departments: departments}
	d.Default, _ = policy.ParseOutcome(c.Default) // the words were checked with the configuration
	for _, r := range c.Ready {
		ready := policy.Ready{Name: r.Name, Unless: r.Unless, Sentence: wordsOf(r.Say), Extensions: r.Extensions, Allowed: r.Allowed}
		ready.Outcome, _ = policy.ParseOutcome(r.Then)
		for _, direction := range r.Directions {
			ready.Directions = append(ready.Directions, portal.Direction(direction))
		}
		if r.Limit != "" {
			if ready.Limit, err = config.ParseSize(r.Limit); err != nil {
				return nil, fmt.Errorf("policy.ready: %w", err)
			}
		}
		d.Ready = append(d.Ready, ready)
	}
	for _, r := range c.Rules {
		outcome, _ := policy.ParseOutcome(r.Then)
		d.Rules = append(d.Rules, policy.Rule{Name: r.Name, When: r.When, Outcome: outcome, Sentence: wordsOf(r.Say)})
	}
	return policy.Compile(d, log)
}

func departmentsOf(c config.Policy) (*policy.Departments, error) {
	departments := &policy.Departments{}
	for i, d := range c.Departments {
		for _, ids := range d.Staff {
			if err := departments.AddPattern(d.Name, ids); err != nil {
				return nil, fmt.Errorf("policy.departments[%d]: %w", i, err)
			}
		}
	}
	if c.Directory == "" {
		return departments, nil
	}
	file, err := os.Open(c.Directory)
	if err != nil {
		return nil, fmt.Errorf("policy.directory: %w", err)
	}
	defer file.Close()
	if err := departments.AddDirectory(file); err != nil {
		return nil, fmt.Errorf("policy.directory: %s: %w", c.Directory, err)
	}
	return departments, nil
}

func wordsOf(sentences map[string]string) portal.Words {
	words := portal.Words{}
	for language, sentence := range sentences {
		words[say.Language(language)] = sentence
	}
	return words
}

// checkPolicy tells whether the policy compiles.
func checkPolicy(c config.Policy) bridge.Finding {
	f := bridge.Finding{Subject: say.CheckPolicy.With(), Result: bridge.OK}
	set, err := policyOf(c, zerolog.Nop())
	if err != nil {
		f.Result, f.Detail = bridge.Failed, say.CheckRulesBroken.With(err)
		f.Remedy = say.CheckRulesMend.With("policy", "`passerelle policy test`")
		return f
	}
	f.Detail = say.CheckRules.With(set.Len(), c.Default)
	return f
}

// followPolicy puts the policy of the configuration in force anew, and who governs, whenever it is asked to, until ctx ends. What is not
// valid leaves what is in force.
func followPolicy(ctx context.Context, asked <-chan os.Signal, path string, live *policy.Live, roles *govern.RoleBook, log zerolog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
		}
		c, err := config.Load(path, os.Environ())
		var set *policy.Set
		if err == nil {
			set, err = policyOf(c.Policy, log)
		}
		if err != nil {
			log.Err(err).Msg("The new policy is not valid: the old one stays in force")
			continue
		}
		live.Replace(set)
		roles.Replace(positionsOf(c), c.Permissions)
		log.Info().Int("rules", set.Len()).Msg("The new policy is in force")
	}
}
