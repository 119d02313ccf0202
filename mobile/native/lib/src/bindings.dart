// include/edgelab.h and src/mobile.h, one line a function, by hand. tests/mobile/bindings_test.py holds this file against the
// headers: every function is here with its arguments, and nothing else.
import 'dart:ffi';

import 'package:ffi/ffi.dart';

const int abiVersion = 1;

final class NativeExecutor extends Opaque {}

final class NativeExperiment extends Opaque {}

/// `edgelab_file`. The app's files lie on disk, so none is ever handed over and its fields are not needed.
final class NativeFile extends Opaque {}

typedef Text = Pointer<Utf8>;
typedef TextOut = Pointer<Pointer<Utf8>>;
typedef Executor = Pointer<NativeExecutor>;
typedef ExecutorOut = Pointer<Pointer<NativeExecutor>>;
typedef Experiment = Pointer<NativeExperiment>;
typedef ExperimentOut = Pointer<Pointer<NativeExperiment>>;
typedef Files = Pointer<NativeFile>;

/// `edgelab_receive`
typedef ReceiveC = Void Function(Pointer<Void>, Text, Size);
typedef Receive = Pointer<NativeFunction<ReceiveC>>;

/// `edgelab_mobile_deliver`
typedef DeliverC = Void Function(Text, Size);

typedef AbiVersionC = Int32 Function();
typedef AbiVersion = int Function();
typedef VersionC = Text Function();
typedef Version = Text Function();
typedef FreeC = Void Function(Text);
typedef Free = void Function(Text);

typedef ExecutorCreateC = Int32 Function(Text, Receive, Pointer<Void>, ExecutorOut, TextOut);
typedef ExecutorCreate = int Function(Text, Receive, Pointer<Void>, ExecutorOut, TextOut);
typedef ExecutorSubmitC = Int32 Function(Executor, Text, Size, TextOut);
typedef ExecutorSubmit = int Function(Executor, Text, int, TextOut);
typedef ExecutorCancelC = Int32 Function(Executor, Int64, TextOut);
typedef ExecutorCancel = int Function(Executor, int, TextOut);
typedef ExecutorDestroyC = Void Function(Executor);
typedef ExecutorDestroy = void Function(Executor);

typedef ExperimentOpenC = Int32 Function(Text, Text, Size, Files, Size, Text, ExperimentOut, TextOut);
typedef ExperimentOpen = int Function(Text, Text, int, Files, int, Text, ExperimentOut, TextOut);
typedef ExperimentGreetC = Int32 Function(Experiment, Text, Text, Size, TextOut);
typedef ExperimentGreet = int Function(Experiment, Text, Text, int, TextOut);
typedef ExperimentTextC = Int32 Function(Experiment, TextOut, TextOut);
typedef ExperimentText = int Function(Experiment, TextOut, TextOut);
typedef ExperimentAnswerC = Int32 Function(Experiment, Text, Size, Pointer<Int32>, TextOut);
typedef ExperimentAnswer = int Function(Experiment, Text, int, Pointer<Int32>, TextOut);
typedef ExperimentPeakMemoryC = Int32 Function(Experiment, Int64, TextOut);
typedef ExperimentPeakMemory = int Function(Experiment, int, TextOut);
typedef ExperimentFailC = Int32 Function(Experiment, Text, Text, TextOut);
typedef ExperimentFail = int Function(Experiment, Text, Text, TextOut);
typedef ExperimentRestoreC = Int32 Function(Experiment, Text, Size, TextOut);
typedef ExperimentRestore = int Function(Experiment, Text, int, TextOut);
typedef ExperimentCloseC = Void Function(Experiment);
typedef ExperimentClose = void Function(Experiment);

typedef MobileServeC = Text Function(Int32);
typedef MobileServe = Text Function(int);

/// The functions of one loaded library.
class Bindings {
  Bindings(DynamicLibrary library)
    : version = library.lookupFunction<VersionC, Version>('edgelab_version'),
      abi = library.lookupFunction<AbiVersionC, AbiVersion>('edgelab_abi_version'),
      free = library.lookupFunction<FreeC, Free>('edgelab_free'),
      executorCreate = library.lookupFunction<ExecutorCreateC, ExecutorCreate>('edgelab_executor_create'),
      executorSubmit = library.lookupFunction<ExecutorSubmitC, ExecutorSubmit>('edgelab_executor_submit'),
      executorCancel = library.lookupFunction<ExecutorCancelC, ExecutorCancel>('edgelab_executor_cancel'),
      executorDestroy = library.lookupFunction<ExecutorDestroyC, ExecutorDestroy>('edgelab_executor_destroy'),
      experimentOpen = library.lookupFunction<ExperimentOpenC, ExperimentOpen>('edgelab_experiment_open'),
      experimentGreet = library.lookupFunction<ExperimentGreetC, ExperimentGreet>('edgelab_experiment_greet'),
      experimentPlan = library.lookupFunction<ExperimentTextC, ExperimentText>('edgelab_experiment_plan'),
      experimentNext = library.lookupFunction<ExperimentTextC, ExperimentText>('edgelab_experiment_next'),
      experimentMessage = library.lookupFunction<ExperimentTextC, ExperimentText>('edgelab_experiment_message'),
      experimentAnswer = library.lookupFunction<ExperimentAnswerC, ExperimentAnswer>('edgelab_experiment_answer'),
      experimentPeakMemory = library.lookupFunction<ExperimentPeakMemoryC, ExperimentPeakMemory>(
        'edgelab_experiment_peak_memory',
      ),
      experimentFail = library.lookupFunction<ExperimentFailC, ExperimentFail>('edgelab_experiment_fail'),
      experimentRow = library.lookupFunction<ExperimentTextC, ExperimentText>('edgelab_experiment_row'),
      experimentRestore = library.lookupFunction<ExperimentRestoreC, ExperimentRestore>('edgelab_experiment_restore'),
      experimentSummary = library.lookupFunction<ExperimentTextC, ExperimentText>('edgelab_experiment_summary'),
      experimentTable = library.lookupFunction<ExperimentTextC, ExperimentText>('edgelab_experiment_table'),
      experimentClose = library.lookupFunction<ExperimentCloseC, ExperimentClose>('edgelab_experiment_close'),
      mobileReceive = library.lookup<NativeFunction<ReceiveC>>('edgelab_mobile_receive'),
      mobileServe = library.lookupFunction<MobileServeC, MobileServe>('edgelab_mobile_serve');

  final Version version;
  final AbiVersion abi;
  final Free free;
  final ExecutorCreate executorCreate;
  final ExecutorSubmit executorSubmit;
  final ExecutorCancel executorCancel;
  final ExecutorDestroy executorDestroy;
  final ExperimentOpen experimentOpen;
  final ExperimentGreet experimentGreet;
  final ExperimentText experimentPlan;
  final ExperimentText experimentNext;
  final ExperimentText experimentMessage;
  final ExperimentAnswer experimentAnswer;
  final ExperimentPeakMemory experimentPeakMemory;
  final ExperimentFail experimentFail;
  final ExperimentText experimentRow;
  final ExperimentRestore experimentRestore;
  final ExperimentText experimentSummary;
  final ExperimentText experimentTable;
  final ExperimentClose experimentClose;

  /// A callback for [executorCreate], whose context is a function of type [DeliverC].
  final Receive mobileReceive;
  final MobileServe mobileServe;
}
