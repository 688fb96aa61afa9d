// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model

/// Tells an endpoint's name that does not exist from name servers that have a bad moment: when the run before found no
/// such name either, waiting does not help.
///
/// What the run before found stands in `state_dir`; without one, each run is the first.
struct UnknownHost {
    private let host: String
    private let directory: StateDirectory
    private let watch: DiskWatch
    private let stop: StopRequest
    private let lookUp: @Sendable (String) -> NameLookup

    /// How long the name service is waited for, after it has failed for all brands.
    private static let patience: Duration = .seconds(5)

    /// nil where there is no place to remember it in.
    init?(
        _ configuration: Configuration, watch: DiskWatch, stop: StopRequest,
        lookUp: @escaping @Sendable (String) -> NameLookup
    ) {
        guard let directory = StateDirectory(of: configuration) else { return nil }
        self.directory = directory
        self.watch = watch
        self.stop = stop
        self.lookUp = lookUp
        host = configuration.endpoint.host
    }

    /// Looks at how the requests of a run ended, and calls those failures lasting that are.
    func judge(_ outcomes: inout [BrandOutcome], began: Timestamp) {
        guard outcomes.contains(where: { $0.attempts > 0 }) else { return }
        let earlier = directory.unknownHost(watch: watch, stop: stop).flatMap { Note($0) }
        guard outcomes.contains(where: { $0.failure?.code == .hostNotResolved }) else {
            if earlier != nil { remember(nil) }
            return
        }
        let answer = stop.result(within: Self.patience, afterSignal: 0) { [lookUp, host] in lookUp(host) }
        guard answer == .unknown else { return }
        guard let earlier, earlier.host == host else { return remember(Note(host: host, since: began)) }
        for index in outcomes.indices where outcomes[index].failure?.code == .hostNotResolved {
            outcomes[index].failure = BrandFailure(
                .hostUnknown,
                "there is no host \(host), nor was there in the run of \(earlier.since); compare endpoint, and what "
                    + "name servers this host asks")
        }
    }

    private func remember(_ note: Note?) {
        try? directory.write(unknownHost: note?.bytes ?? [], watch: watch, stop: stop)
    }

    /// One line: the name, and when the first of the runs that did not find it began, in seconds since 1970.
    private struct Note {
        let host: String
        let since: Timestamp

        init(host: String, since: Timestamp) {
            self.host = host
            self.since = since
        }

        /// nil for what is no such line.
        init?(_ bytes: [UInt8]) {
            let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            guard words.count == 2, let seconds = Int64(words[1]) else { return nil }
            self.init(host: String(words[0]), since: Timestamp(seconds: seconds))
        }

        var bytes: [UInt8] { Array("\(host) \(since.seconds)\n".utf8) }
    }
}
