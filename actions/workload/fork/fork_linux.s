// An assembly file lets the compiler accept functions without a body, which the
// linker finds in the Go runtime.
