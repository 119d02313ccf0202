package dev.edgelab.lab

import android.app.ActivityManager
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import java.io.File
import java.io.IOException

/** What this phone tells of itself. What it does not tell is null. */
internal class Phone(private val context: Context) {

    fun facts(): Map<String, Any?> {
        val memory = ActivityManager.MemoryInfo()
        context.getSystemService(ActivityManager::class.java).getMemoryInfo(memory)
        return mapOf(
            "os" to "Android ${Build.VERSION.RELEASE}",
            "model" to "${Build.MANUFACTURER} ${Build.MODEL}",
            "cores" to Runtime.getRuntime().availableProcessors(),
            "fast_cores" to fastCores(),
            "memory_bytes" to memory.totalMem,
        )
    }

    fun state(): Map<String, Any?> {
        val battery = context.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED)) // the last one sent
        return mapOf(
            "thermal" to thermal(),
            "headroom" to headroom(),
            "battery_percent" to battery?.let { percent(it) },
            "charging" to battery?.let { it.getIntExtra(BatteryManager.EXTRA_PLUGGED, 0) != 0 },
            "battery_c" to battery?.let { celsius(it) },
            "clock_share" to clockShare(),
        )
    }

    /** Resident memory at its most, of any process of this app, in bytes. */
    fun peakMemory(process: Int): Long? {
        val line = try {
            File("/proc/$process/status").readLines().firstOrNull { it.startsWith("VmHWM:") }
        } catch (gone: IOException) {
            null
        }
        return line?.filter { it.isDigit() }?.toLongOrNull()?.times(1024)
    }

    private fun thermal(): String? {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) return null
        return when (context.getSystemService(PowerManager::class.java).currentThermalStatus) {
            PowerManager.THERMAL_STATUS_NONE -> "nominal"
            PowerManager.THERMAL_STATUS_LIGHT -> "fair"
            PowerManager.THERMAL_STATUS_MODERATE -> "serious" // it throttles
            else -> "critical"
        }
    }

    private fun headroom(): Double? {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return null
        val share = context.getSystemService(PowerManager::class.java).getThermalHeadroom(0)
        return if (share.isNaN()) null else share.toDouble()
    }

    private fun percent(battery: Intent): Int? {
        val level = battery.getIntExtra(BatteryManager.EXTRA_LEVEL, -1)
        val scale = battery.getIntExtra(BatteryManager.EXTRA_SCALE, -1)
        return if (level < 0 || scale <= 0) null else level * 100 / scale
    }

    private fun celsius(battery: Intent): Double? {
        val tenths = battery.getIntExtra(BatteryManager.EXTRA_TEMPERATURE, Int.MIN_VALUE)
        return if (tenths == Int.MIN_VALUE) null else tenths / 10.0
    }

    private fun fastCores(): Int {
        val highest = cores().mapNotNull { number(it, "cpuinfo_max_freq") }
        val fastest = highest.maxOrNull() ?: return Runtime.getRuntime().availableProcessors()
        return highest.count { it * 4 >= fastest * 3 }
    }

    private fun clockShare(): Double? {
        val fastest = cores().maxByOrNull { number(it, "cpuinfo_max_freq") ?: 0L } ?: return null
        val highest = number(fastest, "cpuinfo_max_freq") ?: return null
        val limit = number(fastest, "scaling_max_freq") ?: return null
        return if (highest <= 0L) null else limit.toDouble() / highest.toDouble()
    }

    private fun cores(): List<File> =
        File("/sys/devices/system/cpu").listFiles { file -> file.name.matches(Regex("cpu[0-9]+")) }?.toList() ?: emptyList()

    private fun number(core: File, name: String): Long? = try {
        File(core, "cpufreq/$name").readText().trim().toLongOrNull()
    } catch (unreadable: IOException) {
        null
    }
}
