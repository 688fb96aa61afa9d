// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles

/// The file that node_exporter's textfile collector reads: replaced as a token is, so that a scrape never sees half.
///
/// What stands there is read, changed and written: nobody else does that in its directory meanwhile, also no run that
/// found the run's own lock held.
struct MetricsFile {
    /// Ten thousand brands take about five million bytes.
    private static let maximumSize = 32 << 20
    /// The collector runs as a user of its own.
    private static let mode: UInt32 = 0o644
    /// How long another run may take to write its metrics.
    private static let patience = Duration.milliseconds(500)

    private let location: FileLocation
    private let directory: Directory
    /// What stood there.
    let earlier: EarlierMetrics?

    /// - Parameter keepsBrands: whether what stands there of brands may be needed.
    init(path: String, keepsBrands: Bool) throws(FileError) {
        location = try FileLocation(path: path)
        // Nothing in it is secret, and the collector's directory mostly belongs to the collector.
        directory = try Directory(path: location.directory, use: .sharing)
        // Swept before it is locked: afterwards others could not tell that somebody writes here.
        directory.sweep(names: [location.name])
        directory.lock(waitingUntil: .now + Self.patience)
        switch try directory.inspect(name: location.name, maximumSize: Self.maximumSize) {
        case .absent: earlier = nil
        case .regular(let file):
            // A path that leads to a token, a secret or anybody else's file must not cost them that.
            guard case .bytes(let bytes) = file.contents,
                bytes.isEmpty || bytes.starts(with: MetricsText.beginning.utf8)
            else { throw FileError.foreign(path) }
            earlier = EarlierMetrics(bytes, keepsBrands: keepsBrands)
        }
    }

    func write(_ text: String) throws(FileError) {
        try directory.publish(
            Array(text.utf8), name: location.name, attributes: PublishedAttributes(mode: Self.mode))
        try directory.synchronize()
    }
}
