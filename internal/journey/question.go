package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
)

// question is asked unless a flag answers it.
type question struct {
	flag    string   // that answers it
	text    string   // what is asked, with its unit
	usual   string   // what Enter means; empty: an answer is required
	anew    bool     // Enter means that even if an earlier run was answered otherwise
	choices []choice // listed, to choose by number
	clean   func(string) (string, error)
	check   func(string) error // returns what is wrong with an answer, and what would be right
	becomes func() string      // what to remember in place of the answer, unless nil
}

// choice is an answer that a person may give by its number.
type choice struct{ answer, shown string }

// endError ends an interview, because no other answer helps.
type endError struct{ error }

// Unwrap returns the reason.
func (e *endError) Unwrap() error { return e.error }

// interview asks a person what the flags of a command left open. It remembers the answers until the command is done.
type interview struct {
	p       Person
	command string
	memory  *Answers // nil: nothing is read or remembered

	begun, resumes bool
	before         map[string]string // answers of a run that did not end
	usual          map[string]string // answers of the last run that did
	now            map[string]string // answers of this run
	kept           bool              // now is in the file
	registered     string            // the last PastelID that was registered on the way
}

// newInterview prepares to ask for a command.
func newInterview(p Person, command string, memory *Answers) *interview {
	v := &interview{p: p, command: command, now: map[string]string{}}
	if memory != nil && p.Interactive() {
		v.memory = memory
	}
	return v
}

// put returns a valid answer: what the flag gave, or what the person answers. Without a terminal it is the usual one.
func (v *interview) put(ctx context.Context, q *question, given string) (string, error) {
	switch {
	case given != "":
		if err := q.check(given); err != nil {
			return "", terminal.Usagef("%s %s: %w", q.flag, visible.Text(given), err)
		}
		v.now[q.flag] = given
		return given, nil
	case !v.p.Interactive() && q.usual == "":
		return "", unanswered(q.flag)
	case !v.p.Interactive():
		return q.usual, q.check(q.usual)
	}
	if err := v.begin(); err != nil {
		return "", err
	}
	answer, err := v.resumed(q)
	if err == nil && answer == "" {
		answer, err = v.asked(q)
	}
	if err != nil {
		return "", err
	}
	if q.becomes != nil {
		answer = q.becomes()
	}
	v.now[q.flag] = answer
	v.keep(ctx)
	return answer, nil
}

// unanswered says that nobody can be asked for what a flag did not give.
func unanswered(flag string) error {
	return terminal.Usagef("%s is missing, and there is no terminal to ask; add the flag", flag)
}

// resumed returns what a run that did not end answered, if the person continues it and the answer is still right.
func (v *interview) resumed(q *question) (string, error) {
	answer := v.before[q.flag]
	if !v.resumes || answer == "" {
		return "", nil
	}
	wrong := q.check(answer)
	var end *endError
	switch {
	case wrong == nil:
		return answer, nil
	case errors.As(wrong, &end):
		return "", end.error
	}
	v.p.Warn("%s: %s is no longer an answer: %v", strings.TrimPrefix(q.flag, "--"), visible.Text(shortened(answer)), wrong)
	delete(v.before, q.flag)
	return "", nil
}

// asked asks until the answer is right.
func (v *interview) asked(q *question) (string, error) {
	usual := q.usual
	if !q.anew {
		usual = cmp.Or(v.before[q.flag], usual)
	}
	for i, c := range q.choices {
		if c.answer == usual {
			usual = strconv.Itoa(i + 1)
			break
		}
	}
	if len(q.choices) > 0 {
		v.p.Warn("%s:", q.text)
		for i, c := range q.choices {
			v.p.Warn("  %d  %s", i+1, c.shown)
		}
	}
	for {
		text := q.text
		if len(q.choices) > 0 {
			text = "Its number, or another"
		}
		answer, err := v.p.Ask(text, usual)
		if err != nil {
			return "", err
		}
		if pasted.Text(answer) == "?" {
			v.p.Warn("%s", explanations[q.flag])
			continue
		}
		answer, wrong := q.read(answer)
		if wrong == nil {
			wrong = q.check(answer)
		}
		var end *endError
		switch {
		case wrong == nil:
			return answer, nil
		case errors.As(wrong, &end):
			return "", end.error
		}
		v.p.Warn("  %v", wrong)
		if usual != q.usual && len(q.choices) == 0 { // what a run that did not end answered
			usual = q.usual
		}
	}
}

// read cleans an answer, or returns that of its number.
func (q *question) read(answer string) (string, error) {
	if n, err := strconv.Atoi(strings.TrimSuffix(pasted.Text(answer), ".")); err == nil && n >= 1 && n <= len(q.choices) {
		return q.choices[n-1].answer, nil
	}
	return q.clean(answer)
}

// begin says how to answer and, if a run of the command did not end, offers to continue with its answers.
func (v *interview) begin() error {
	if v.begun {
		return nil
	}
	v.begun = true
	if v.memory == nil {
		v.p.Note("? explains a question. Ctrl-C ends the command.")
		return nil
	}
	v.p.Note("? explains a question. Ctrl-C ends the command and keeps\nyour answers.")
	file, err := v.memory.read()
	if err != nil {
		v.p.Warn("Caution: earlier answers cannot be read, so none are offered (%v)", err)
	}
	was := file.Unfinished[v.command]
	v.usual = file.Usual
	const about = "--pool"
	if x, y := was.Answers[about], v.now[about]; len(was.Answers) == 0 || x != "" && y != "" && x != y {
		return nil
	}
	v.before = maps.Clone(was.Answers)
	v.p.Warn("You answered some of this on %s:", was.Since.UTC().Format("2006-01-02 15:04 UTC"))
	for _, flag := range slices.Sorted(maps.Keys(was.Answers)) {
		v.p.Warn("  %-12s %s", strings.TrimPrefix(flag, "--"), visible.Text(shortened(was.Answers[flag])))
	}
	v.resumes, err = v.yes("Continue with these answers?")
	if err == nil && !v.resumes {
		v.p.Note("Each question then has its earlier answer in brackets,\nwhich Enter takes.")
	}
	return err
}

// yes asks a question that Enter answers with yes.
func (v *interview) yes(text string) (bool, error) {
	for {
		answer, err := v.p.Ask(text+" (y or n)", "y")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(pasted.Text(answer)) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

// keep makes this machine remember the answers so far. It keeps those that come later in the questions of a run that did not end.
func (v *interview) keep(ctx context.Context) {
	if v.memory == nil {
		return
	}
	err := v.memory.change(ctx, func(x *answersFile) {
		if len(x.Unfinished) >= mostCommands || x.Unfinished == nil {
			x.Unfinished = map[string]unfinished{}
		}
		all := map[string]string{}
		for _, from := range []map[string]string{v.before, v.now} {
			for flag, answer := range from {
				if plainAnswer(answer) {
					all[flag] = answer
				}
			}
		}
		x.Unfinished[v.command] = unfinished{time.Now().UTC().Truncate(time.Second), all}
	})
	if err != nil {
		v.p.Warn("Caution: this machine cannot remember your answers (%v)", err)
		v.memory = nil
		return
	}
	v.kept = true
}

// done forgets the answers, and remembers the usual ones for the next time.
func (v *interview) done(ctx context.Context, usual ...string) {
	if v.memory == nil || !v.kept {
		return
	}
	v.kept = false
	err := v.memory.change(context.WithoutCancel(ctx), func(x *answersFile) {
		delete(x.Unfinished, v.command)
		for _, flag := range usual {
			if answer := v.now[flag]; plainAnswer(answer) {
				if x.Usual == nil || len(x.Usual) >= mostAnswers {
					x.Usual = map[string]string{}
				}
				x.Usual[flag] = answer
			}
		}
	})
	if err != nil {
		v.p.Warn("Caution: this machine still has your answers, in %s (%v)", v.memory.path, err)
	}
}

// leave tells that the answers are kept, if they are, and that an interruption did not take a registration back.
func (v *interview) leave(err *error) {
	if v.registered != "" && (errors.Is(*err, terminal.ErrInterrupted) || errors.Is(*err, terminal.ErrNotConfirmed)) {
		*err = fmt.Errorf("%w, but for the registration of PastelID %s", *err, pastel.Short(v.registered))
	}
	if v.kept {
		v.p.Note("Your answers are kept: the same command offers to continue\nwith them.")
	}
}

// shortened shortens what has no spaces, such as an id.
func shortened(s string) string {
	const most = 44 // columns
	if r := []rune(s); len(r) > most {
		return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
	}
	return s
}
