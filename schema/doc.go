// Package schema says what an author may write. It holds the document types, the
// YAML reader that keeps every value's place, the decoder that turns values into
// Go structs by their field tags, and the diagnostics that point at mistakes.
// The JSON Schema for editors is generated from the same field tags.
//
// It is the only package that knows YAML, and it knows nothing of actions: what a
// step's action accepts is handed to it as a struct type.
//
// # The way of a document
//
//	bytes ── Parse ──▶ *Node ── include ──▶ *Node ── decode, check ──▶ *Scenario
//
// Parse keeps the limits of what is read (see limits.go) and every value's place.
// Read, ReadFile and ReadFS go the whole way. Decode turns any later *Node into a
// struct: an action's params, or a container once its expressions have values.
//
// # Field tags
//
//	json:"name"        the key an author writes (and the name in events)
//	doc:"sentence"     what it means, with its unit; every field has one
//	example:"150MiB"   one value, for reference pages and the JSON Schema
//	default:"10s"      what holds when the key is left out
//	enum:"a,b,c"       the accepted words; of a list, the accepted items
//	min:"0" max:"100"  the accepted range of a number
//	isolab:"main"      a scalar (or list) in place of the map is short for this field
//	isolab:"required"  the key must be there; options are separated by commas
//	isolab:"either"    one of the keys that say so must be there
//	isolab:"literal"   may not come from an expression (permissions derive from it)
//	isolab:"one"       of a list: a single item may stand for a list of one
//	isolab:"text"      prose: without an Evaluator its ${…} are kept as written
//	isolab:"raw"       prose in which ${ means nothing, as in a shell; ${params… is refused
//
// A struct without a json name that is embedded lends its fields to the outer one.
// CheckType finds mistakes in the tags themselves.
package schema
