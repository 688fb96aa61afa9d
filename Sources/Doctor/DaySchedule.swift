// SPDX-License-Identifier: Apache-2.0

/// The minutes of a day at which a scheduler starts runs, for schedules that are the same every day.
struct DaySchedule: Equatable {
    /// Counted from midnight. Not empty.
    private(set) var minutes: Set<Int>

    /// The first five fields of a line (crontab(5)), or `@hourly` and `@daily`. Nil if it is another schedule.
    init?(cron line: String) {
        let fields = line.split { $0 == " " || $0 == "\t" }.map(String.init)
        switch fields.first {
        case "@hourly": self.init(hours: "*", minutes: "0", range: "-")
        case "@daily", "@midnight": self.init(hours: "0", minutes: "0", range: "-")
        default:
            guard fields.count > 5, fields[2...4].allSatisfy({ $0 == "*" }) else { return nil }
            self.init(hours: fields[1], minutes: fields[0], range: "-")
        }
    }

    /// A value of `OnCalendar=` (systemd.time(7)). Nil if it names days, a time zone, or more than one second.
    init?(calendar: String) {
        var words = calendar.split(separator: " ").map(String.init)
        switch words.first {
        case "minutely": words = ["*:*"]
        case "hourly": words = ["*:0"]
        case "daily": words = ["0:0"]
        case "*-*-*": words.removeFirst()
        default: break
        }
        let parts = words.first?.split(separator: ":").map(String.init) ?? ["0", "0"]
        guard words.count <= 1, parts.count == 2 || parts.count == 3 && Int(parts[2]) != nil else { return nil }
        self.init(hours: parts[0], minutes: parts[1], range: "..")
    }

    private init?(hours: String, minutes: String, range: String) {
        guard let hours = Self.values(hours, below: 24, range), let minutes = Self.values(minutes, below: 60, range)
        else { return nil }
        self.minutes = Set(hours.flatMap { hour in minutes.map { hour * 60 + $0 } })
    }

    /// The numbers of a field such as `*`, `5`, `5,35`, `0-30`, `*/15`, `7-59/15` and `0/15`.
    private static func values(_ field: String, below limit: Int, _ range: String) -> [Int]? {
        var values: [Int] = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            let ends = halves[0].split(separator: range).map { Int($0) }
            let step = halves.count == 2 ? Int(halves[1]) : halves.count == 1 ? 1 : nil
            guard let step, step > 0 else { return nil }
            let first: Int
            let last: Int
            switch (halves[0], ends.count) {
            case ("*", _): (first, last) = (0, limit - 1)
            case (_, 1):
                guard let only = ends[0] else { return nil }
                (first, last) = (only, halves.count == 2 ? limit - 1 : only)
            case (_, 2):
                guard let from = ends[0], let to = ends[1] else { return nil }
                (first, last) = (from, to)
            default: return nil
            }
            guard 0 <= first, first <= last, last < limit else { return nil }
            values += stride(from: first, through: last, by: step)
        }
        return values
    }

    mutating func formUnion(_ other: DaySchedule) { minutes.formUnion(other.minutes) }

    /// The longest time between two starts.
    var longestPause: Duration {
        let sorted = minutes.sorted()
        let tomorrow = sorted.prefix(1).map { $0 + 24 * 60 }
        return .seconds(60 * (zip(sorted, sorted.dropFirst() + tomorrow).map { $1 - $0 }.max() ?? 0))
    }
}
