package dev.edgelab.lab

import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.content.ServiceConnection
import android.os.Handler
import android.os.IBinder
import android.os.Looper
import android.os.Message
import android.os.Messenger
import android.os.ParcelFileDescriptor
import android.os.Process
import android.os.RemoteException
import android.system.ErrnoException
import android.system.Os
import android.system.OsConstants
import java.io.BufferedInputStream
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.FileInputStream
import java.io.FileOutputStream
import java.io.IOException
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors

/**
 * One executor in the service's process, as the app's process sees it: made once, started once, and over when [kill] was called or
 * [Heard.ended] has been. Everything here is called on the main thread, and [heard] is told on it.
 */
internal class EngineProcess(private val context: Context, private val heard: Heard) {

    interface Heard {
        fun started(failure: String?)
        fun line(line: ByteArray)
        fun ended(process: Int?, reason: String?)
    }

    /** The service's process, once it has said so. */
    var process: Int? = null
        private set

    private val main = Handler(Looper.getMainLooper())
    private val writer: ExecutorService = Executors.newSingleThreadExecutor()
    private var socket: ParcelFileDescriptor? = null
    private var bound = false
    private var over = false
    private var lostBecause: String? = null

    // Kept: the service's answers arrive through it for as long as the executor lives.
    private val answers = Messenger(object : Handler(Looper.getMainLooper()) {
        override fun handleMessage(message: Message) {
            when (message.what) {
                EngineService.MESSAGE_PROCESS -> process = message.arg1
                EngineService.MESSAGE_LOST -> lostBecause = message.data.getString(EngineService.KEY_REASON)
                else -> super.handleMessage(message)
            }
        }
    })

    private val connection = object : ServiceConnection {
        override fun onServiceConnected(name: ComponentName, service: IBinder) {
            // A service that died is started anew while it is bound; that one is another executor's.
            if (!over && socket == null) converse(Messenger(service))
        }

        override fun onServiceDisconnected(name: ComponentName) {
            if (socket != null) end()
        }

        override fun onNullBinding(name: ComponentName) = fail("the service gives no connection")
    }

    fun start() {
        val intent = Intent(context, EngineService::class.java)
        bound = context.bindService(intent, connection, Context.BIND_AUTO_CREATE or Context.BIND_IMPORTANT)
        if (!bound) fail("the service cannot be bound")
        main.postDelayed({ if (socket == null) fail("the service did not start in time") }, STARTED_WITHIN_MS)
    }

    /** In order; a line that cannot be written belongs to an executor that has ended, which is told elsewhere. */
    fun send(line: ByteArray) {
        val output = socket?.fileDescriptor ?: return
        if (over) return
        writer.execute {
            try {
                val stream = FileOutputStream(output)
                stream.write(line)
                stream.write('\n'.code)
            } catch (closed: IOException) {
                return@execute
            }
        }
    }

    /** `done` is called when the process is gone, or will not go: only then does the service start in another one. */
    fun kill(done: () -> Unit) {
        if (over) return done()
        over = true
        val starting = socket == null
        release()
        if (starting) heard.started("it was ended before it had started")
        val killed = process ?: return done()
        Process.killProcess(killed)
        awaitEnd(killed, CHECKS, done)
    }

    private fun awaitEnd(killed: Int, checksLeft: Int, done: () -> Unit) {
        if (checksLeft == 0 || !File("/proc/$killed").exists()) return done()
        main.postDelayed({ awaitEnd(killed, checksLeft - 1, done) }, CHECK_EVERY_MS)
    }

    private fun converse(service: Messenger) {
        val pair = ParcelFileDescriptor.createSocketPair()
        socket = pair[0]
        val message = Message.obtain(null, EngineService.MESSAGE_SERVE)
        message.data.putParcelable(EngineService.KEY_SOCKET, pair[1])
        message.replyTo = answers
        try {
            service.send(message)
        } catch (gone: RemoteException) {
            // A process that is just ending; the system starts another and connects again.
            socket = null
            pair[0].close()
            return
        } finally {
            pair[1].close() // the message has a copy
        }
        val input = pair[0].fileDescriptor
        Thread({ read(BufferedInputStream(FileInputStream(input), BUFFER)) }, "lines").start()
        heard.started(null)
    }

    // On a thread of its own, until the executor's end of the socket closes.
    private fun read(input: BufferedInputStream) {
        val line = ByteArrayOutputStream()
        try {
            while (true) {
                val byte = input.read()
                if (byte < 0) break
                if (byte != '\n'.code) {
                    line.write(byte)
                    continue
                }
                val whole = line.toByteArray()
                line.reset()
                main.post { if (!over) heard.line(whole) }
            }
        } catch (closed: IOException) {
            // as at its end
        }
        main.post { end() }
    }

    private fun fail(reason: String) {
        if (over) return
        over = true
        release()
        heard.started(reason)
    }

    private fun end() {
        if (over) return
        over = true
        release()
        // What the service said last, and what the system noted of its death, may be a moment behind the socket.
        main.postDelayed({ heard.ended(process, lostBecause) }, NOTED_AFTER_MS)
    }

    private fun release() {
        if (bound) context.unbindService(connection)
        bound = false
        writer.shutdown()
        val ours = socket ?: return
        try {
            // Closing alone would wake neither the thread that reads here nor the other end while that thread waits.
            Os.shutdown(ours.fileDescriptor, OsConstants.SHUT_RDWR)
        } catch (gone: ErrnoException) {
            // the other end closed first
        }
        ours.close()
    }

    private companion object {
        const val BUFFER = 65_536
        const val NOTED_AFTER_MS = 500L
        const val CHECK_EVERY_MS = 50L
        const val STARTED_WITHIN_MS = 20_000L
        const val CHECKS = 40
    }
}
