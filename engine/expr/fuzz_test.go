package expr

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzCompile: whatever the text, compiling and evaluating it ends without a
// panic, and a refusal points into the text.
func FuzzCompile(f *testing.F) {
	for _, text := range append(holding, hostile()...) {
		f.Add(text)
	}
	for _, file := range []string{"testdata/refused.txt", "testdata/explained.txt"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for entry := range strings.SplitSeq(string(data), "\n\n") {
			first, _, _ := strings.Cut(entry, "\n")
			f.Add(first)
		}
	}
	scope, lookup := sampleScope(), sampleLookup()
	typeHolds := func(t *testing.T, ctx context.Context, text string) {
		p, diag := Compile(written(text), scope, nil)
		if diag != nil {
			return
		}
		value, err := p.Eval(ctx, lookup)
		if err == nil && value != nil && p.Type() != typeAny && p.Type() != reflect.TypeOf(value) {
			t.Errorf("%q: the type is %v, the value a %T", text, p.Type(), value)
		}
		if err == nil && value == nil && !p.typ.optional && p.typ.kind != null && p.typ.kind != anything {
			t.Errorf("%q: nil, but %s is always there", text, p.typ)
		}
		if err != nil && strings.Contains(err.Error(), "could not be evaluated") {
			t.Errorf("%q: %v", text, err)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		started := time.Now()
		defer func() {
			if took := time.Since(started); took > 5*time.Second { // 0.1 s alone
				t.Errorf("%q took %v", text, took)
			}
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		typeHolds(t, ctx, text)
		p, diag := Compile(written(text), scope, typeBool)
		if diag != nil {
			line := diag.Pos.Line - 10
			if lines := strings.Split(text, "\n"); line < 0 || line >= len(lines) || diag.Pos.Col < 5 || diag.Pos.Col-5 > utf8.RuneCountInString(lines[line]) {
				t.Errorf("%q: the place %v lies outside", text, diag.Pos)
			}
			if strings.Contains(diag.Message, "cannot be compiled") {
				t.Errorf("%q: %s", text, diag.Message)
			}
			return
		}
		value, err := p.Eval(ctx, lookup)
		if _, isBool := value.(bool); err == nil && !isBool {
			t.Errorf("%q = %v", text, value)
		}
		if err != nil && strings.Contains(err.Error(), "could not be evaluated") {
			t.Errorf("%q: %v", text, err)
		}
		if e := p.Explain(ctx, lookup); (e.Err == nil) != (err == nil) && !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			t.Errorf("%q: Eval says %v, Explain %v", text, err, e.Err)
		}
	})
}
