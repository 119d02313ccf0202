// The C interface of edge-llm-lab, what is made of it here, and the phone that it runs on.

export 'src/device.dart';
export 'src/executor.dart';
export 'src/experiment.dart';
export 'src/failure.dart';
export 'src/library.dart' show labVersion;
export 'src/process_executor.dart';
export 'src/thread_executor.dart';
export 'src/turns.dart';
