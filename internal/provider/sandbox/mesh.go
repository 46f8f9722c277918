package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"math"
)

// glb is a cube whose corners the seed colours, as binary glTF 2.0: a header, a
// chunk of JSON and a chunk of numbers. The stamp is the name of the node and
// stands in the extras.
func glb(o order) ([]byte, error) {
	numbers := cube(o)
	scene, err := json.Marshal(cubeScene(len(numbers)))
	if err != nil {
		return nil, err
	}
	for len(scene)%4 != 0 {
		scene = append(scene, ' ')
	}
	file := []byte("glTF")
	file = binary.LittleEndian.AppendUint32(file, 2)
	file = binary.LittleEndian.AppendUint32(file, uint32(12+8+len(scene)+8+len(numbers)))
	file = binary.LittleEndian.AppendUint32(file, uint32(len(scene)))
	file = append(append(file, "JSON"...), scene...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(numbers)))
	return append(append(file, "BIN\x00"...), numbers...), nil
}

// The parts of the numbers: positions, then colours, then triangles.
const (
	corners        = 8
	positionsBytes = corners * 3 * 4
	coloursBytes   = corners * 4
	indices        = 36
)

func cube(o order) []byte {
	r := o.random(0)
	var b []byte
	for i := range corners {
		for axis := range 3 {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i>>axis&1)*2-1))
		}
	}
	for range corners {
		b = append(b, byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), 255)
	}
	// The corners of each side, counter-clockwise seen from outside; a corner's
	// number has a bit for each axis.
	for _, side := range [][4]uint16{{0, 4, 6, 2}, {1, 3, 7, 5}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 2, 3, 1}, {4, 5, 7, 6}} {
		for _, corner := range [...]int{0, 1, 2, 0, 2, 3} {
			b = binary.LittleEndian.AppendUint16(b, side[corner])
		}
	}
	return b
}

func cubeScene(size int) map[string]any {
	type object = map[string]any
	extras := object{"notice": stamp}
	return object{
		"asset":  object{"version": "2.0", "generator": "taskhook sandbox", "extras": extras},
		"scene":  0,
		"scenes": []object{{"nodes": []int{0}}},
		"nodes":  []object{{"mesh": 0, "name": stamp, "extras": extras}},
		"meshes": []object{{"primitives": []object{{
			"attributes": object{"POSITION": 0, "COLOR_0": 1}, "indices": 2,
		}}}},
		"accessors": []object{
			{"bufferView": 0, "componentType": 5126, "count": corners, "type": "VEC3",
				"min": []int{-1, -1, -1}, "max": []int{1, 1, 1}},
			{"bufferView": 1, "componentType": 5121, "normalized": true, "count": corners, "type": "VEC4"},
			{"bufferView": 2, "componentType": 5123, "count": indices, "type": "SCALAR"},
		},
		"bufferViews": []object{
			{"buffer": 0, "byteLength": positionsBytes, "target": 34962},
			{"buffer": 0, "byteOffset": positionsBytes, "byteLength": coloursBytes, "target": 34962},
			{"buffer": 0, "byteOffset": positionsBytes + coloursBytes, "byteLength": indices * 2, "target": 34963},
		},
		"buffers": []object{{"byteLength": size}},
	}
}

// trained stands for the outcome of a training.
func trained(o order) ([]byte, error) {
	return json.MarshalIndent(map[string]any{"notice": stamp, "model": o.model, "input": o.input}, "", "  ")
}
