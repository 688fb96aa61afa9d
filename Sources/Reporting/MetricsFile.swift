// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles

/// The file for node_exporter's textfile collector. It is replaced atomically, so a scrape never sees half of it.
///
/// The file is read, changed and written under a lock on its directory. The run's own lock is not enough, because a run
/// that could not get that lock also reports.
struct MetricsFile {
    /// 10,000 brands take about 5,000,000 bytes.
    private static let maximumSize = 32 << 20
    /// The collector runs as another user.
    private static let mode: UInt32 = 0o644
    /// How long to wait for another run that writes its metrics.
    private static let patience = Duration.milliseconds(500)

    private let location: FileLocation
    private let directory: Directory
    /// The metrics that were in the file.
    let earlier: EarlierMetrics?

    /// - Parameter keepsBrands: whether the file's metrics of brands may be needed.
    init(path: String, keepsBrands: Bool) throws(FileError) {
        location = try FileLocation(path: path)
        // The file is not secret, and its directory usually belongs to the collector.
        directory = try Directory(path: location.directory, use: .sharing)
        // Sweep before the lock: other processes must still see that this one is writing.
        directory.sweep(names: [location.name])
        directory.lock(waitingUntil: .now + Self.patience)
        guard let file = try directory.inspect(location, maximumSize: Self.maximumSize) else {
            earlier = nil
            return
        }
        // A misconfigured path must not destroy a token, a secret or another program's file.
        guard case .bytes(let bytes) = file.contents,
            bytes.isEmpty || bytes.starts(with: MetricsText.beginning.utf8)
        else { throw FileError(.look, path, .foreign) }
        earlier = EarlierMetrics(bytes, keepsBrands: keepsBrands)
    }

    func write(_ text: String) throws(FileError) {
        try directory.publish(Array(text.utf8), to: location, attributes: PublishedAttributes(mode: Self.mode))
        try directory.synchronize()
    }
}
