package dev.edgelab.lab

import android.content.ComponentCallbacks2
import android.content.Context
import android.content.res.Configuration
import io.flutter.embedding.engine.plugins.FlutterPlugin
import io.flutter.plugin.common.MethodCall
import io.flutter.plugin.common.MethodChannel

/** The two channels of lib/src/device.dart and lib/src/process_executor.dart. */
class LabPlugin : FlutterPlugin, ComponentCallbacks2 {

    private lateinit var context: Context
    private lateinit var phone: Phone
    private lateinit var device: MethodChannel
    private lateinit var executor: MethodChannel
    private var engine: EngineProcess? = null
    private var number = 0 // of the executor in [engine], as the app counts them

    override fun onAttachedToEngine(binding: FlutterPlugin.FlutterPluginBinding) {
        context = binding.applicationContext
        phone = Phone(context)
        device = MethodChannel(binding.binaryMessenger, "dev.edgelab.lab/device")
        device.setMethodCallHandler(::onDeviceCall)
        executor = MethodChannel(binding.binaryMessenger, "dev.edgelab.lab/executor")
        executor.setMethodCallHandler(::onExecutorCall)
        context.registerComponentCallbacks(this)
    }

    override fun onDetachedFromEngine(binding: FlutterPlugin.FlutterPluginBinding) {
        context.unregisterComponentCallbacks(this)
        device.setMethodCallHandler(null)
        executor.setMethodCallHandler(null)
        engine?.kill {}
        engine = null
    }

    private fun onDeviceCall(call: MethodCall, result: MethodChannel.Result) {
        when (call.method) {
            "facts" -> result.success(phone.facts())
            "state" -> result.success(phone.state())
            else -> result.notImplemented()
        }
    }

    private fun onExecutorCall(call: MethodCall, result: MethodChannel.Result) {
        when (call.method) {
            "start" -> start(call.arguments as Int, result)
            "send" -> {
                call.argument<ByteArray>("line")?.let { current(call)?.send(it) }
                result.success(null)
            }
            "peakMemory" -> result.success(current(call)?.process?.let { phone.peakMemory(it) })
            "kill" -> if (current(call) == null) result.success(null) else kill { result.success(null) }
            else -> result.notImplemented()
        }
    }

    // A call may be late, and about an executor that is gone.
    private fun current(call: MethodCall): EngineProcess? = engine?.takeIf { call.argument<Int>("number") == number }

    private fun kill(done: () -> Unit) {
        val killed = engine ?: return done()
        engine = null
        killed.kill(done)
    }

    private fun start(wanted: Int, result: MethodChannel.Result) = kill {
        val started = EngineProcess(context, object : EngineProcess.Heard {
            override fun started(failure: String?) {
                if (failure == null) result.success(null) else result.error("executor", failure, null)
            }

            override fun line(line: ByteArray) {
                executor.invokeMethod("line", mapOf("number" to wanted, "line" to line))
            }

            override fun ended(process: Int?, reason: String?) {
                val exit = ExitReason.of(context, process)
                executor.invokeMethod(
                    "ended",
                    mapOf("number" to wanted, "status" to exit.status, "reason" to (reason ?: exit.reason)),
                )
            }
        })
        engine = started
        number = wanted
        started.start()
    }

    @Suppress("DEPRECATION") // Android 14 and later send this level no more
    override fun onTrimMemory(level: Int) {
        if (level == ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL) device.invokeMethod("memoryWarning", null)
    }

    @Deprecated("Android calls onTrimMemory as well")
    override fun onLowMemory() {
        device.invokeMethod("memoryWarning", null)
    }

    override fun onConfigurationChanged(configuration: Configuration) = Unit
}
