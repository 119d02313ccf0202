package dev.edgelab.lab

import android.app.ActivityManager
import android.app.ApplicationExitInfo
import android.content.Context
import android.os.Build
import android.system.OsConstants

/** Why a process of this app ended: a status of edgelab_experiment_fail, and a reason for people. */
internal class ExitReason private constructor(val status: String, val reason: String) {

    companion object {
        fun of(context: Context, process: Int?): ExitReason {
            val unknown = ExitReason("failed", "the executor's process ended, and the system does not say why")
            if (process == null || Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return unknown
            val manager = context.getSystemService(ActivityManager::class.java)
            val exit = manager.getHistoricalProcessExitReasons(context.packageName, process, 1).firstOrNull() ?: return unknown
            val more = exit.description?.let { ": $it" } ?: ""
            return when (exit.reason) {
                ApplicationExitInfo.REASON_LOW_MEMORY -> ExitReason("oom", "killed by the system for its memory$more")
                ApplicationExitInfo.REASON_CRASH_NATIVE -> ExitReason("failed", "the executor's process crashed$more")
                ApplicationExitInfo.REASON_CRASH -> ExitReason("failed", "the executor's process ended with an exception$more")
                ApplicationExitInfo.REASON_SIGNALED -> signalled(exit.status, more)
                else -> ExitReason("failed", "the executor's process ended, the system's reason is ${exit.reason}$more")
            }
        }

        // Where a phone cannot tell a kill for memory, it is a SIGKILL like any other; nobody else sends one here.
        private fun signalled(signal: Int, more: String): ExitReason {
            val forMemory = signal == OsConstants.SIGKILL && !ActivityManager.isLowMemoryKillReportSupported()
            return ExitReason(if (forMemory) "oom" else "failed", "the executor's process was ended by signal $signal$more")
        }
    }
}
