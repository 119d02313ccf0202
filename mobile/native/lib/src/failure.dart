/// What went wrong, for people: what was wrong, and what to do.
class LabFailure implements Exception {
  const LabFailure(this.reason);

  final String reason;

  @override
  String toString() => reason;
}
