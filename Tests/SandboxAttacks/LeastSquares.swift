/// The numbers that fit a system of linear equations best, drawn towards an expected value (ridge regression).
struct LeastSquares {
    /// One row for each equation.
    var coefficients: [[Double]]
    var values: [Double]

    /// - Parameters:
    ///   - prior: what each unknown is expected to be without any equation.
    ///   - weight: how much the expectation counts: the square of the noise over the square of the unknowns' own spread.
    func solution(prior: Double, weight: Double) -> [Double] {
        let count = coefficients.first?.count ?? 0
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: count + 1), count: count)
        for (row, value) in zip(coefficients, values) {
            let rest = value - prior * row.reduce(0, +)
            for i in 0..<count where row[i] != 0 {
                for j in 0..<count { matrix[i][j] += row[i] * row[j] }
                matrix[i][count] += row[i] * rest
            }
        }
        for i in 0..<count { matrix[i][i] += weight }
        for pivot in 0..<count {
            let best = (pivot..<count).max { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) } ?? pivot
            matrix.swapAt(pivot, best)
            guard abs(matrix[pivot][pivot]) > 1e-12 else { continue }
            for row in 0..<count where row != pivot {
                let factor = matrix[row][pivot] / matrix[pivot][pivot]
                guard factor != 0 else { continue }
                for column in pivot...count { matrix[row][column] -= factor * matrix[pivot][column] }
            }
        }
        return (0..<count).map { index in
            let pivot = matrix[index][index]
            return prior + (abs(pivot) > 1e-12 ? matrix[index][count] / pivot : 0)
        }
    }
}
