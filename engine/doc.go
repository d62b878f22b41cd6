// Package engine gives a scenario its meaning. Data flows one way:
//
//	schema.Scenario → Compile → Program → Session.Run → event.Event → reports
//
// Compile checks everything that can be known before anything runs: actions,
// parameters, expressions, permissions. Run interprets the program step by step
// and tells what it sees as events. The engine knows actions only through their
// contract (package actions), never a family, and never a kernel file.
package engine
