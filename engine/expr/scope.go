package expr

import "reflect"

// Scope is the names that an expression may use, with their types. It never
// changes: With returns a new Scope that shares the old one, so that each step of
// a long scenario can have its own. The nil Scope is empty.
type Scope struct {
	parent *Scope
	name   string
	typ    reflect.Type
	doc    string
	depth  int               // names since the last index
	index  map[string]*Scope // every name so far, in every indexEvery-th Scope
}

// indexEvery bounds both the walk of a lookup and the cost of adding a name. With
// 64, adding and looking up 1000 names costs under a millisecond.
const indexEvery = 64

// NewScope returns a Scope without names.
func NewScope() *Scope { return nil }

// Taken says why expressions cannot use a name for something else, or is empty. A
// function's name can be used: it is the function only before a bracket.
func Taken(name string) string {
	switch name {
	case "params", "result", "item", "case", "unlimited", "none":
		return "known to every expression"
	case "in", "not", "and", "or", "true", "false", "nil", "let", "if", "else", "matches", "contains":
		return "a word of the expression language"
	}
	return ""
}

// With declares a name, or declares it anew. The type is what the value will have
// when the expression is evaluated; a pointer to it is as good.
func (s *Scope) With(name string, typ reflect.Type) *Scope { return s.WithDoc(name, typ, "") }

// WithDoc declares a name and says in one sentence what it is.
func (s *Scope) WithDoc(name string, typ reflect.Type, doc string) *Scope {
	next := &Scope{parent: s, name: name, typ: typ, doc: doc}
	if s != nil {
		next.depth = s.depth + 1
	}
	if next.depth == indexEvery {
		next.depth, next.index = 0, next.all()
	}
	return next
}

// Lookup returns the type of a name.
func (s *Scope) Lookup(name string) (reflect.Type, bool) {
	if found := s.find(name); found != nil {
		return found.typ, true
	}
	return nil, false
}

// Doc returns the sentence of a name, or the empty string.
func (s *Scope) Doc(name string) string {
	if found := s.find(name); found != nil {
		return found.doc
	}
	return ""
}

// Names lists the declared names, each once, in no particular order.
func (s *Scope) Names() []string {
	all := s.all()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	return names
}

func (s *Scope) find(name string) *Scope {
	for ; s != nil; s = s.parent {
		if s.name == name {
			return s
		}
		if s.index != nil {
			return s.index[name]
		}
	}
	return nil
}

// all maps each name to where it was declared last.
func (s *Scope) all() map[string]*Scope {
	all := map[string]*Scope{}
	for ; s != nil; s = s.parent {
		if _, later := all[s.name]; !later {
			all[s.name] = s
		}
		if s.index == nil {
			continue
		}
		for name, declared := range s.index {
			if _, later := all[name]; !later {
				all[name] = declared
			}
		}
		break
	}
	return all
}
