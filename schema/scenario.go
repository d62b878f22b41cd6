package schema

import (
	"strings"
	"time"
)

// Version is the language version that this package reads: `isolab: 1`.
const Version = 1

// Scenario is one document: what is there, what is done, and what must be true.
type Scenario struct {
	Version     int            `json:"isolab" doc:"The language version; 1." isolab:"required" enum:"1"`
	Name        string         `json:"name" doc:"Short name for the command line: lower case letters, digits and dashes." isolab:"required" example:"memory-limit"`
	Title       string         `json:"title" doc:"One line that says what the scenario shows." isolab:"required"`
	About       string         `json:"about" doc:"Introduction in Markdown: what to know before the first step." isolab:"raw"`
	Source      string         `json:"source" doc:"Where the demonstration comes from." isolab:"raw"`
	Tags        []string       `json:"tags" doc:"Words to select scenarios by."`
	References  []string       `json:"references" doc:"Links for further reading: kernel documents and manual pages." isolab:"raw"`
	Requires    Requires       `json:"requires" doc:"What the machine must offer; without it the scenario is skipped with the reason."`
	Permissions []string       `json:"permissions" doc:"What the scenario may do beyond the things that it creates itself; isolab actions --permissions lists them."`
	Params      Ordered[Param] `json:"params" doc:"Values that a user may set with --set name=value."`
	Containers  Ordered[*Node] `json:"containers" doc:"The containers that the steps speak of, by name."` // each decodes into Container once expressions have values
	Include     []string       `json:"include" doc:"Files of the same folder whose params, containers and steps come first."`
	Cases       []Case         `json:"cases" doc:"The same steps run once for each row of parameter values."`
	Steps       []Step         `json:"steps" doc:"What is done, in order." isolab:"required"`
	Finally     []Step         `json:"finally" doc:"Steps that run at the end whatever happened."`
	Controls    []Control      `json:"controls" doc:"Changes that must break named claims: the proof that the claims can fail."`
	Timeout     time.Duration  `json:"timeout" doc:"How long the whole scenario may take." default:"5m"`

	File string   `json:"-"` // as given by the user
	Text []string `json:"-"` // the document's lines, for snippets
	Root *Node    `json:"-"` // the whole document, included files merged in; controls edit a copy of it

	sources map[string][]string // the lines of it and of the files it includes
}

// Ordered is a mapping that keeps the order in which the author wrote it.
type Ordered[T any] []Named[T]

// Named is one entry of an Ordered mapping.
type Named[T any] struct {
	Name  string
	Pos   Pos // of the name
	Value T
}

// Get returns the entry of that name.
func (o Ordered[T]) Get(name string) (T, bool) {
	for _, entry := range o {
		if entry.Name == name {
			return entry.Value, true
		}
	}
	var none T
	return none, false
}

// Names lists the names in order.
func (o Ordered[T]) Names() []string {
	names := make([]string, len(o))
	for i, entry := range o {
		names[i] = entry.Name
	}
	return names
}

// Requires is what a scenario asks of the machine.
type Requires struct {
	OS          string   `json:"os" doc:"The operating system the containers run on." enum:"linux,windows"`
	Root        bool     `json:"root" doc:"Whether root is needed even where a container would run without."`
	Controllers []string `json:"controllers" doc:"The cgroup controllers that must be usable." example:"[memory, cpu]" enum:"memory,cpu,cpuset,pids,io,freezer"`
	Cgroup      int      `json:"cgroup" doc:"The cgroup version, where only one can show it." enum:"1,2"`
	CPUs        int      `json:"cpus" doc:"The least number of CPUs that are online." example:"2"`
	Memory      string   `json:"memory" doc:"The least memory that is available." example:"1GiB"`
	Swap        *bool    `json:"swap" doc:"Whether swap space must be there (true) or must not (false)."`
	Runtime     string   `json:"runtime" doc:"The runtime, where only one can show it." enum:"docker,embedded"`
	Isolation   []string `json:"isolation" doc:"The isolation modes that must be on offer." enum:"process,sandbox,hyperv"`
	BlockDevice bool     `json:"block_device" doc:"Whether the containers' data must lie on a disk whose bandwidth can be limited."`
	Features    []string `json:"features" doc:"Kernel features by name." enum:"swap-accounting,pressure,user-namespaces,time-namespaces,seccomp,oom-kill-disable,oom-group,memory-high,overlay,loop"`
	Kernel      string   `json:"kernel" doc:"The oldest kernel that will do." example:"5.14"`
}

// Param is a value that a user may set.
type Param struct {
	Type    string   `json:"type" doc:"The kind of value." enum:"size,cpus,duration,ratio,rate,int,number,string,bool" isolab:"required"`
	Default *Node    `json:"default" doc:"The value when none is set."`
	About   string   `json:"about" doc:"What the value is for." isolab:"raw"`
	Min     *Node    `json:"min" doc:"The least value that is accepted."`
	Max     *Node    `json:"max" doc:"The largest value that is accepted."`
	Enum    []string `json:"enum" doc:"The only values that are accepted."`
}

// Case is one row of parameter values.
type Case struct {
	Name   string         `json:"name" doc:"Short name of the case." isolab:"required"`
	About  string         `json:"about" doc:"What is different in this case." isolab:"raw"`
	Params Ordered[*Node] `json:"params" doc:"The params that have another value in this case."`
	Pos    Pos            `json:"-"`

	node *Node
}

// Step is one thing that is done, and what must be true afterwards. Besides the
// keys below it has exactly one key `family.verb`: its action.
type Step struct {
	ID           string        `json:"id" doc:"Name of the step, for controls and reports."`
	Title        string        `json:"title" doc:"One line, shown when the step begins." isolab:"text"`
	Say          string        `json:"say" doc:"What the presenter would say before the step, in Markdown." isolab:"text"`
	Look         string        `json:"look" doc:"What to look at in the result." isolab:"text"`
	As           string        `json:"as" doc:"Name under which later expressions see the result; with foreach, the list of results."`
	When         *Expr         `json:"when" doc:"The step is left out unless this is true."`
	Foreach      *Node         `json:"foreach" doc:"The step is repeated for each item of this list, whole numbers or texts; expressions see it as item."`
	Expect       []Claim       `json:"expect" doc:"What must be true after the action: expressions." isolab:"one"`
	Eventually   *Eventually   `json:"eventually" doc:"Repeat the action until every claim holds, at most this long."`
	Always       *Always       `json:"always" doc:"Repeat the action; every claim must hold each time, this long."`
	Timeout      time.Duration `json:"timeout" doc:"How long the action may take." default:"60s"`
	Hint         string        `json:"hint" doc:"What to try when a claim of the step is false." isolab:"text"`
	AllowFailure bool          `json:"allow_failure" doc:"A failing action or false claim of this step is shown, but does not fail the scenario."`

	Action string `json:"-"` // family.verb
	Params *Node  `json:"-"` // the action key's value
	Node   *Node  `json:"-"` // the whole step, for the places of its texts
	Pos    Pos    `json:"-"` // of the step
	At     Pos    `json:"-"` // of the action key
}

// Eventually bounds the repetition of an observing action: time for a transition.
type Eventually struct {
	Within time.Duration `json:"within" doc:"How long the claims may take to become true." isolab:"main,required" example:"5s"`
	Every  time.Duration `json:"every" doc:"The pause between two tries." default:"100ms"`
}

// Always bounds the repetition of an observing action: a steady state.
type Always struct {
	For   time.Duration `json:"for" doc:"How long the claims must hold." isolab:"main,required" example:"3s"`
	Every time.Duration `json:"every" doc:"The pause between two tries." default:"100ms"`
}

// Claim is one expression that must be true.
type Claim struct {
	That Expr   `json:"that" doc:"The expression." isolab:"main,required" example:"mem.memory.usage <= 150MiB"`
	Why  string `json:"why" doc:"Why it must be true; shown when it is not."`
	Hint string `json:"hint" doc:"What to try when it is false."`
}

// Control is a change to the scenario that must break the named steps' claims.
type Control struct {
	Name   string         `json:"name" doc:"Short name of the control." isolab:"required"`
	About  string         `json:"about" doc:"Why the claims must break." isolab:"raw"`
	Change Ordered[*Node] `json:"change" doc:"Paths into this document with their new values: containers.<name>.limits.memory, params.<name>.default, steps.<id>.<action>.<key>, steps.<id> for a whole step, command.0 for the first item of a list; the value none removes a limit." isolab:"required" example:"{containers.hungry.limits.memory: none}"`
	Breaks []Break        `json:"breaks" doc:"The ids of the steps with a claim that must be false then, in one case at least; the claims of all other steps must hold." isolab:"required"`
	Pos    Pos            `json:"-"`

	node *Node
}

// Break names what a control must break: a step, and if the author says so, which
// of its claims.
type Break struct {
	Step   string   `json:"step" doc:"The id of the step." isolab:"main,required" example:"beyond"`
	Claims []string `json:"claims" doc:"Exactly the claims of the step that must be false, as they stand there; without it, at least one of them." isolab:"raw" example:"[run.oom_killed]"`
}

// String is the step, and its claims if there are any: beyond (run.oom_killed).
func (b Break) String() string {
	if len(b.Claims) == 0 {
		return b.Step
	}
	return b.Step + " (" + strings.Join(b.Claims, ", ") + ")"
}
