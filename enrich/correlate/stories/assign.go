package stories

import "math"

// assign gives each row at most one column and each column at most one row so that
// the weights given sum up to the most: the Hungarian method. A row that got no
// weight has -1.
func assign(weights [][]float64) []int {
	rows := len(weights)
	out := make([]int, rows)
	for i := range out {
		out[i] = -1
	}
	if rows == 0 || len(weights[0]) == 0 {
		return out
	}
	cols := len(weights[0])
	if rows > cols { // the method below wants a column for every row
		turned := make([][]float64, cols)
		for j := range turned {
			turned[j] = make([]float64, rows)
			for i := range rows {
				turned[j][i] = weights[i][j]
			}
		}
		for j, i := range assign(turned) {
			if i >= 0 {
				out[i] = j
			}
		}
		return out
	}
	// Potentials u and v and, for each column, the row that holds it; row and
	// column 0 stand for none.
	u, v := make([]float64, rows+1), make([]float64, cols+1)
	row, way := make([]int, cols+1), make([]int, cols+1)
	for i := 1; i <= rows; i++ {
		row[0] = i
		j0 := 0
		least := make([]float64, cols+1)
		used := make([]bool, cols+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		for row[j0] != 0 {
			used[j0] = true
			delta, j1 := math.Inf(1), 0
			for j := 1; j <= cols; j++ {
				if used[j] {
					continue
				}
				if cost := -weights[row[j0]-1][j-1] - u[row[j0]] - v[j]; cost < least[j] {
					least[j], way[j] = cost, j0
				}
				if least[j] < delta {
					delta, j1 = least[j], j
				}
			}
			for j := 0; j <= cols; j++ {
				if used[j] {
					u[row[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			j0 = j1
		}
		for j0 != 0 {
			row[j0] = row[way[j0]]
			j0 = way[j0]
		}
	}
	for j := 1; j <= cols; j++ {
		if i := row[j]; i != 0 && weights[i-1][j-1] > 0 {
			out[i-1] = j - 1
		}
	}
	return out
}
