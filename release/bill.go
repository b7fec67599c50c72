package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// cyclonedx lists what a program is made of. It is not in go.mod, because its dependencies are not ours.
const cyclonedx = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// bill returns a program's bill of materials, from what the program says it was made of.
func (r *release) bill(ctx context.Context, program string) ([]byte, error) {
	text, err := command(ctx, r.source, r.pinned(), "go", "run", cyclonedx, "bin", "-json", "-noserial", "-std", "-version", r.version, program)
	if err != nil {
		return nil, err
	}
	return settled([]byte(text), r.at)
}

// settled takes the machine and the moment out of a bill of materials: its date, and checksums of the tool that wrote it.
func settled(bill []byte, at time.Time) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(bill, &document); err != nil {
		return nil, fmt.Errorf("bill of materials: %w", err)
	}
	metadata, ok := document["metadata"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("bill of materials: it has no metadata: %.80s", bill)
	}
	metadata["timestamp"] = at.Format(time.RFC3339)
	forget(metadata["tools"])
	out, err := json.MarshalIndent(document, "", "  ")
	return append(out, '\n'), err
}

func forget(value any) {
	switch value := value.(type) {
	case map[string]any:
		delete(value, "hashes")
		for _, v := range value {
			forget(v)
		}
	case []any:
		for _, v := range value {
			forget(v)
		}
	}
}
