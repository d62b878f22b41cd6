package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/docker/docker/client"
)

// address picks the daemon to talk to: the given one, DOCKER_HOST, the docker
// command's context, the platform's default.
func address(given string) (string, error) {
	for _, host := range []string{given, os.Getenv(client.EnvOverrideHost)} {
		if host != "" {
			return host, nil
		}
	}
	host, err := contextHost(configDir(), os.Getenv("DOCKER_CONTEXT"))
	if err != nil || host != "" {
		return host, err
	}
	return client.DefaultDockerHost, nil
}

// configDir is where the docker command keeps its settings.
func configDir() string {
	if dir := os.Getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".docker")
}

// contextHost is the endpoint of a docker context, of the current one when name
// is empty; "" for the context "default", which has no file. Rootless Docker and
// Docker Desktop are found this way
// (https://docs.docker.com/engine/manage-resources/contexts/).
func contextHost(dir, name string) (string, error) {
	if name == "" {
		var config struct{ CurrentContext string }
		if readJSON(filepath.Join(dir, "config.json"), &config) != nil {
			return "", nil
		}
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return "", nil
	}
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	digest := sha256.Sum256([]byte(name))
	path := filepath.Join(dir, "contexts", "meta", hex.EncodeToString(digest[:]), "meta.json")
	if err := readJSON(path, &meta); err != nil {
		return "", fmt.Errorf("docker context %q: %w", name, err)
	}
	return meta.Endpoints["docker"].Host, nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// newClient makes a client for the address. Certificates come from
// DOCKER_CERT_PATH, a fixed API version from DOCKER_API_VERSION.
func newClient(host string) (*client.Client, error) {
	url, err := client.ParseHostURL(host)
	if err != nil {
		return nil, fmt.Errorf("docker address %q: want such as unix:///var/run/docker.sock: %w", host, err)
	}
	options := []client.Opt{client.WithHost(host), client.WithTLSClientConfigFromEnv(), client.WithVersionFromEnv()}
	switch url.Scheme {
	case "unix", "tcp":
		options = append(options, client.WithDialContext(dial(url.Scheme, url.Host)))
	case "npipe", "http", "https":
	default:
		return nil, fmt.Errorf("docker address %q: %s is not spoken here; forward the socket and use unix:// or tcp://", host, url.Scheme)
	}
	c, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("docker address %q: %w", host, err)
	}
	return c, nil
}

// hijacked marks a context whose connection belongs to one call alone and has to
// end with it. The client takes such a connection over from HTTP (exec), and
// from then on no longer looks at the context.
type hijacked struct{}

func dial(network, address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil && ctx.Value(hijacked{}) != nil {
			context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}
}
