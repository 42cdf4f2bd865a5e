"""Every bound in Logstream, with its unit and its reason: nothing grows without one.

A name ends in its unit. Reaching a bound is always told to the person whom it concerns.
Source of the first values: the extended protocol's section on limits; `docs/reference/limits.md` is
generated from this module (each constant's comment is its reason).
"""

from typing import Final

# --- frames and messages ------------------------------------------------------------------------

#: The largest message that a logtailor's link or a client of ours takes. It holds the longest
#: record (``RECORD_MAX_BYTES``) even if JSON escapes each of its bytes as six.
FRAME_MAX_BYTES: Final = 1_000_000
#: The largest message from someone who watches. Commands are short; a filter has 16 patterns of
#: 1 KiB.
UPSTREAM_MESSAGE_MAX_BYTES: Final = 64 * 1024
#: The largest message before a ticket was accepted, so that strangers cannot make a node hold much.
UNAUTHENTICATED_MESSAGE_MAX_BYTES: Final = 8 * 1024
#: How long a connection may stay without an accepted ticket.
AUTHENTICATION_TIMEOUT_S: Final = 10.0
#: How much of a bad message is repeated to its sender in ``during``.
DURING_MAX_BYTES: Final = 4 * 1024

# --- records ------------------------------------------------------------------------------------

#: The longest record that is sent whole; a longer one is cut here, and marked.
RECORD_MAX_BYTES: Final = 128 * 1024
#: How much text one read gives at the most, so that no source holds a node for long.
BATCH_MAX_BYTES: Final = 64 * 1024
#: Files that one source may follow at the same time; more are reported and not followed.
SOURCE_FILES_MAX: Final = 64
#: How far the start of an unfinished line is looked for; it takes some 20 ms.
LINE_SEARCHED_BACK_MAX_BYTES: Final = 64 * 1024 * 1024
#: Paths of a source of which nothing but rotated files is left; they are remembered, so that these
#: are not read again when the path comes back.
SERIES_LEFT_MAX: Final = 16
#: After so many batches every file is asked again, so that a busy one does not hide the others.
PASS_BATCHES_MAX: Final = 64
#: Names of one directory that are looked at for rotated files; no log directory has so many.
DIRECTORY_NAMES_MAX: Final = 100_000
#: Directories that one path pattern may search: ``**`` over a whole disk would never end.
PATTERN_DIRECTORIES_MAX: Final = 1024
#: How long a renamed or deleted file must have been quiet before it is let go: old workers of a web
#: server go on writing to it until their requests end.
SUPERSEDED_QUIET_S: Final = 60.0
#: How often files are looked at even without an event: network file systems send none.
POLL_INTERVAL_S: Final = 1.0
#: How often files are looked at where there is no inotify at all.
POLL_ONLY_INTERVAL_S: Final = 0.25

#: The longest request id that is taken for one (the known ones have under 90): a longer one would
#: repeat a record's text in its message and break ``FRAME_MAX_BYTES``.
REQUEST_ID_MAX_CHARS: Final = 256
#: Beginnings of ``line`` messages that are kept for a source, one for each second and status; then
#: it starts anew.
LINE_HEADS_MAX: Final = 1024
#: Time stamps that a format remembers, as live lines share a few seconds; then it starts anew.
STAMPS_CACHED_MAX: Final = 256
#: The longest text that is taken for a time stamp; the longest known has under 60 characters.
STAMP_MAX_CHARS: Final = 128

#: Physical lines of one record: the longest stack traces have some hundreds; then the next begins.
RECORD_LINES_MAX: Final = 1000
#: How long a record that may go on is waited for; grouping may differ where a writer pauses longer.
RECORD_WAIT_S: Final = 0.2

# --- cursors, filters and history ---------------------------------------------------------------

#: A cursor lists a source's live files and their newest rotated ones, under 60 characters each; two
#: of them fit into a frame's header.
CURSOR_MAX_CHARS: Final = 7 * 1024
#: The header of a frame: two cursors and some names.
FRAME_HEADER_MAX_BYTES: Final = 16 * 1024
#: Bodies over this are compressed on a ``zstd`` session: below it costs more than it saves.
COMPRESS_MIN_BYTES: Final = 4 * 1024
#: The window of a compressed body: a body is smaller anyway.
ZSTD_WINDOW_MAX_BYTES: Final = 1024 * 1024
#: One expression of a filter: the longest that a person can still read.
FILTER_PATTERN_MAX_BYTES: Final = 1024
#: Expressions of one filter.
FILTER_PATTERNS_MAX: Final = 16
#: What RE2 may take for one expression of a filter, compiled and at work.
FILTER_MEMORY_MAX_BYTES: Final = 1024 * 1024
#: RE2's steps in all expressions of a filter: a few for each character that a person writes, more
#: for repetitions, 1,200 for ``\pL``. 64 KiB of text and an expression that are made to be slow
#: take a second at the most, any others 0.1 ms.
FILTER_PROGRAM_STEPS_MAX: Final = 2000
#: Lines of a page of history where nobody says how many.
HISTORY_LIMIT_DEFAULT_LINES: Final = 1000
#: Lines of a page of history at the most; the next page is one more question.
HISTORY_LIMIT_MAX: Final = 10_000
#: Text of a page of history, so that a page passes quickly between live lines.
HISTORY_PAGE_MAX_BYTES: Final = 1024 * 1024
#: Bytes that are searched for one page; then it says how far it came.
HISTORY_SCAN_MAX_BYTES: Final = 64 * 1024 * 1024
#: How long one page is searched for; then it says how far it came.
HISTORY_PAGE_MAX_S: Final = 0.5
#: How long a page may take to reach the place in a compressed file where it begins: some 20 GB of
#: text. It is inflated in slices, and the next question goes on from there.
HISTORY_REACH_MAX_S: Final = 60.0
#: How long history may hold a logtailor before live lines get their turn.
HISTORY_SLICE_S: Final = 0.002
#: How much earlier than its place in the file says a line may be dated: a web server writes it at
#: the end of a request, with the time of its start.
TIME_SLACK_S: Final = 300.0
#: A filtered stream that has read so much without a line says how far it is.
PROGRESS_BYTES: Final = 1024 * 1024
#: A filtered stream that has read anything for so long without a line says how far it is.
PROGRESS_S: Final = 5.0
#: Inflated bytes of a compressed file that are kept for who reads a little back; a page of history
#: that is read from its end finds its lines there.
DECOMPRESSION_WINDOW_BYTES: Final = 8 * 1024 * 1024
#: What an ``.xz`` file may need to be inflated: those of ``xz -9`` need 65 MiB.
DECOMPRESSION_MEMORY_MAX_BYTES: Final = 96 * 1024 * 1024
#: The window of a ``.zst`` file, as a power of two: 128 MiB is what ``zstd -d`` itself takes.
DECOMPRESSION_ZSTD_WINDOW_LOG_MAX: Final = 27
#: Streams of one source on one session: someone who changes filters has two for a moment.
STREAMS_PER_SOURCE_MAX: Final = 4
#: Streams of one source on a link: those of all sessions of a hub.
LINK_STREAMS_PER_SOURCE_MAX: Final = 32
#: Pages of history that one session may wait for.
HISTORIES_MAX: Final = 4
#: Pages of history that one link may wait for: those of all sessions of a hub.
LINK_HISTORIES_MAX: Final = 64
#: How long an extended session may read nothing, though there is something, before it is closed.
PAUSED_MAX_S: Final = 60.0
#: How long an extended session lives without a fresh ticket, so that a revoked key ends.
SESSION_LIFE_S: Final = 3600
#: Converted forms of frames (base lines, plain text) that a node keeps for those who come next.
CONVERTED_MAX_BYTES: Final = 32 * 1024 * 1024

# --- formats that an operator configures --------------------------------------------------------

#: ``[[format]]`` tables; a server has a few dozen log types.
FORMATS_MAX: Final = 256
#: The pattern of a configured format: the longest that a person can still read.
FORMAT_PATTERN_MAX_BYTES: Final = 1024
#: An Apache ``LogFormat`` or nginx ``log_format``: those that write JSON have some 1.5 KiB.
LOG_FORMAT_MAX_BYTES: Final = 4 * 1024
#: What RE2 may take for one configured format, compiled and at work.
FORMAT_MEMORY_MAX_BYTES: Final = 1024 * 1024
#: Lines that ``logstream formats try`` shows: it keeps them to line the columns up.
TRY_LINES_MAX: Final = 10_000

# --- receivers ----------------------------------------------------------------------------------

#: What a stream's ring stores for slow receivers: a burst of 50,000 lines fits, so that a slow base
#: client (30,000 lines/s), which cannot ask again for what it missed, comes through it whole.
RING_MAX_BYTES: Final = 16 * 1024 * 1024
#: What all rings of a node store together; the largest lets its oldest frames go first.
RINGS_MAX_BYTES: Final = 256 * 1024 * 1024
#: A receiver with more than this unsent is left alone until its socket has drained.
HIGH_WATER_BYTES: Final = 64 * 1024
#: The kernel's send buffer of a receiver: left to itself it takes megabytes for each stalled one.
SEND_BUFFER_BYTES: Final = 64 * 1024

#: Unsent bytes of one that asks on and on and reads no answer; beyond, its connection is dropped.
#: It holds the longest honest answer: every source of a few full links, listed at once.
UNSENT_MAX_BYTES: Final = 4 * 1024 * 1024

# --- connections --------------------------------------------------------------------------------

#: The request line and headers of a handshake; browsers send cookies of up to 8 KiB with it.
HEAD_MAX_BYTES: Final = 16 * 1024
#: Header lines of a handshake; browsers behind several proxies send some 30.
HEADERS_MAX: Final = 128
#: How long a handshake may take, TLS and HTTP each, so that slow strangers hold no connections.
HANDSHAKE_TIMEOUT_S: Final = 10.0
#: Connections that are not yet, or no longer, WebSockets: handshakes, probes, ends.
HANDSHAKES_MAX: Final = 2048
#: How much is read from a connection at once; more takes more memory and is no faster.
READ_BUFFER_BYTES: Final = 64 * 1024
#: How long a peer may take to read what was sent before a close, and to answer the close.
CLOSE_TIMEOUT_S: Final = 10.0
#: How long a hub that is told to stop waits for its peers to read what was sent and to close; those
#: that stall are dropped. Service managers kill after 10 s, and a file's last lines take less.
DRAIN_TIMEOUT_S: Final = 3.0
#: How much is read and thrown away after a close, so that a peer in the middle of a huge message
#: sees the reason and not a reset.
DISCARD_MAX_BYTES: Final = 32 * 1024 * 1024
#: How often a service says that it is full: whoever fills it must not fill its log, too.
TELL_AGAIN_S: Final = 60.0
#: How long the hub accepts no one after the system refused it a file descriptor.
ACCEPT_PAUSE_S: Final = 1.0

# --- tickets and lives --------------------------------------------------------------------------

#: A shared secret must have at least this; HMAC-SHA256 gains nothing over 32 and loses under 16.
TICKET_SECRET_MIN_BYTES: Final = 16
#: How old a ticket may be: time to connect, and to reconnect once, with clocks that differ.
TICKET_AGE_MAX_S: Final = 300
#: How far in the future a ticket may be signed: clocks differ.
TICKET_FUTURE_MAX_S: Final = 60
#: How long a base session lives: two known clients end when the connection does.
BASE_SESSION_LIFE_S: Final = 24 * 3600
#: How long a logtailor's link lives without a fresh ticket, so that a revoked key ends.
LINK_LIFE_S: Final = 3600
#: A link is taken to live at least so long, whatever a hub says: renewing asks the Cloud API.
LINK_LIFE_MIN_S: Final = 60.0
#: How long a process that was replaced by a newer one of the same server waits before it tries
#: again.
REPLACED_WAIT_S: Final = 60.0
#: How often a base session is pinged, so that no proxy finds it idle (they cut at 45 s and more).
PING_INTERVAL_S: Final = 20.0
#: How long a link may be without a byte before either side closes it.
LINK_SILENCE_MAX_S: Final = 25.0
#: How often the asking side of a link says that it is there.
KEEPALIVE_INTERVAL_S: Final = 10.0
#: How long a peer may acknowledge nothing that it was sent before it counts as gone. (The kernel's
#: TCP_USER_TIMEOUT would also end peers that are there and only do not read for a while.)
UNACKNOWLEDGED_MAX_S: Final = 60.0
#: How long a client bears a service that sends no byte, pongs included: proxies and laptops vanish.
CLIENT_SILENCE_MAX_S: Final = 60.0
#: How long a stream that nobody receives is kept open downstream: a reconnect takes less.
STREAM_LINGER_S: Final = 10.0

# --- reconnects ---------------------------------------------------------------------------------

#: The first wait before a reconnect is drawn from 0 to this, so that many clients do not come at
#: once.
RECONNECT_FIRST_MAX_S: Final = 3.0
#: No wait before a reconnect is longer than this.
RECONNECT_WAIT_MAX_S: Final = 30.0

# --- nodes --------------------------------------------------------------------------------------

#: Connections that a hub serves at the same time: 10,000 take under 200 MB.
SESSIONS_MAX: Final = 20_000
#: Sources that one link may offer; a server has a few dozen.
SOURCES_PER_LINK_MAX: Final = 4096
#: Names of servers and log types: they are shown in columns and kept for each source.
NAME_MAX_CHARS: Final = 128
#: ``enable`` messages for one source that wait while its server is away, each to be repeated in its
#: ``success``: someone who asks again and again gets the latest answered.
PENDING_ENABLES_MAX: Final = 16
#: All ``enable`` messages of one session that wait; beyond, one more is an ``error``. It holds one
#: of usual length for each source of several full links.
PENDING_ENABLES_MAX_BYTES: Final = 1024 * 1024
#: Sources that a session remembers to have been offered; beyond, those that are away and not wanted
#: are forgotten, so that names that come and go fill no memory. A client ends the connection.
SOURCES_REMEMBERED_MAX: Final = 65_536

# --- the client ---------------------------------------------------------------------------------

#: How long a connection to the Cloud API may take, and how long it may then be silent.
HTTP_TIMEOUT_S: Final = 15.0
#: How long one whole answer of the Cloud API may take, so that a trickling one holds nobody.
HTTP_ANSWER_MAX_S: Final = 60.0
#: The largest answer taken from the Cloud API: a page of 100 environments has some 200 kB.
HTTP_ANSWER_MAX_BYTES: Final = 8 * 1024 * 1024
#: How often one request is tried: a busy API recovers in seconds, and a person is waiting.
HTTP_ATTEMPTS_MAX: Final = 4
#: The longest wait between two tries, also where the API asks for a longer one.
HTTP_RETRY_WAIT_MAX_S: Final = 10.0
#: Applications and environments asked for at once.
HTTP_PAGE_ITEMS: Final = 100
#: Pages that are followed; 100,000 applications are more than any key sees.
HTTP_PAGES_MAX: Final = 1000
#: A token is renewed this long before it ends, so that none ends on its way.
TOKEN_MARGIN_S: Final = 30.0
#: How much of a message of the Cloud API or of a hub is repeated to a person.
FOREIGN_TEXT_MAX_CHARS: Final = 300
#: How long a stream's connection may take to open.
OPEN_TIMEOUT_S: Final = 20.0
#: How often fresh details that are refused as expired are fetched again before that is final.
EXPIRED_TICKETS_MAX: Final = 3
#: Lines that wait for a program that iterates over a stream; then reading from the hub pauses.
ITERATOR_LINES_MAX: Final = 10_000
#: Lines of the past that are asked for by number: they are held until the oldest is found.
HISTORY_LINES_MAX: Final = 100_000
#: How long a page of history may be silent: a page takes half a second, a broken link is noticed
#: in less than this.
HISTORY_ANSWER_MAX_S: Final = 40.0
#: Lines of the pages of history that all sources together hold at the client, about.
HISTORY_HELD_LINES: Final = 40_000
#: What one page of history may bring in frames: ``HISTORY_PAGE_MAX_BYTES`` of text, escaped and
#: with its columns, and a last batch.
HISTORY_PAGE_FRAMES_MAX_BYTES: Final = 16 * 1024 * 1024
#: How long a hub may take to name the sources that there are; its servers are connected, but one
#: that has just started still waits for them.
SOURCES_SETTLE_S: Final = 5.0
#: How long to wait for more sources after the first one of a hub that had none.
SOURCES_GATHER_S: Final = 0.5
#: Breaks of a stream's chain in a row, each answered by asking again, before the hub is given up.
CHAIN_BREAKS_MAX: Final = 3
#: How long lines may be held to put them into the order of time over sources.
REORDER_MAX_S: Final = 60.0
#: Lines that are held for that; then the oldest go on early.
REORDER_LINES_MAX: Final = 100_000
#: A stream cursor as text: a thousand sources with usual cursors take 200 KB.
POSITION_MAX_CHARS: Final = 1024 * 1024
#: Bytes that wait for standard output; then reading from the hub pauses.
OUTPUT_PENDING_MAX_BYTES: Final = 256 * 1024

# --- Cloud API and its database -----------------------------------------------------------------

#: How long an access token is taken; clients get a new one without asking a person.
ACCESS_TOKEN_LIFE_S: Final = 300
#: How long the page's session lasts: a working day, so that people sign in once a day. Whether its
#: key is revoked is asked at each call.
PAGE_SESSION_LIFE_S: Final = 12 * 3600
#: How long a one-time link to the page is good: it is opened while its reader sits before it.
PAGE_LINK_LIFE_S: Final = 3600
#: One-time links that are out at the same time; the oldest goes first.
PAGE_LINKS_MAX: Final = 64
#: Randomness of a one-time link's token: it cannot be guessed.
PAGE_LINK_TOKEN_BYTES: Final = 32
#: A key's secret: generated ones have 43 characters, a person may choose a longer one.
API_SECRET_MAX_CHARS: Final = 512
#: What one check of a secret may take; scrypt with our parameters needs 16 MiB.
SCRYPT_MEMORY_MAX_BYTES: Final = 32 * 1024 * 1024
#: Secrets that are checked at the same time: each takes 50 ms of a core, and strangers ask for it.
SECRET_CHECKS_MAX: Final = 2
#: The largest body of a request: the only one that is read holds a key, a secret and a word.
API_BODY_MAX_BYTES: Final = 16 * 1024
#: The request line and headers of a request; common proxies stop at 8 to 32 KiB.
API_HEAD_MAX_BYTES: Final = 32 * 1024
#: A query's text: some 30 conditions of a filter.
API_QUERY_MAX_CHARS: Final = 4 * 1024
#: Conditions in one ``filter``, and fields in one ``sort``.
API_CONDITIONS_MAX: Final = 32
#: Connections to the Cloud API at the same time; a request takes milliseconds.
API_CONNECTIONS_MAX: Final = 1000
#: How long a connection to the Cloud API may stay without completing a request.
API_REQUEST_TIMEOUT_S: Final = 30.0
#: How long requests under way may take to end when the API is told to stop.
API_DRAIN_TIMEOUT_S: Final = 5
#: Items on one page of a list, and how many come when the client does not say.
LIST_ITEMS_MAX: Final = 1000
#: The largest ``offset`` of a list: beyond any list there is.
LIST_OFFSET_MAX: Final = 1_000_000_000
#: How long a write waits for another process's write: ``logstream admin`` beside the API.
SQLITE_BUSY_TIMEOUT_S: Final = 10.0
#: How long a database server may take to accept a connection.
DATABASE_CONNECT_TIMEOUT_S: Final = 10
#: How often a logtailor asks what it may offer, and where: new environments begin within this.
OFFERS_REFRESH_S: Final = 60.0

# --- the demo -----------------------------------------------------------------------------------

#: A log file of the demo is rotated here: some 20 minutes of its busiest one; all 26 files with
#: the rotated ones stay under 110 MB, so that a demo left running fills no disk.
DEMO_FILE_MAX_BYTES: Final = 2 * 1024 * 1024
