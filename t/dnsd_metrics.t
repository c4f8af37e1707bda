#!/usr/bin/perl

# Metrics: what they say, in which form, and that no scraper harms anybody.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(free_port wait_until);

use constant NAME => 'dev1.devices.example';

my $host = "Host: x\r\n";

my $d = SrvRegistrar::Dnsd->new();
my $port = free_port('127.0.0.1');
my $path = "$d->{dir}/metrics";

# 1400 bytes, which UDP does not carry.

$d->fill($d->ZONE . $d->DEVICE . "device big\n"
         . join('', map { 'set many TXT 60 +86400 "' . $_ x 200 . "\"\n" }
                'a' .. 'g'));
$d->start('--threads', 2, '--metrics', "127.0.0.1\@$port");

# Everything is there from the start, as 0.

my %none = metrics();

is($none{'dnsd_queries_total{transport="udp",family="ipv4"}'}, 0,
   'a counter begins with 0');
is($none{'dnsd_responses_total{transport="tcp",family="ipv6",rcode="REFUSED"}'},
   0, '... whatever is counted');
is($none{dnsd_store_open}, 1, 'the store is open');
is($none{dnsd_threads}, 2, 'threads');
cmp_ok(abs($none{process_start_time_seconds} - time()), '<', 60,
       'started lately');

# Each kind of answer is counted once, with all that it was.

my @asked = (
    # query, options, series that grow by one
    [NAME, 'A', {}, 'responses udp NOERROR', 'type A'],
    [NAME, 'AAAA', { tcp => 1 }, 'responses tcp NOERROR', 'type AAAA'],
    ['_xmpp-server._tcp.' . NAME, 'SRV', {}, 'responses udp NOERROR',
     'type SRV'],
    ['devices.example', 'SOA', {}, 'responses udp NOERROR', 'type SOA'],
    ['devices.example', 'NS', {}, 'responses udp NOERROR', 'type NS'],
    [NAME, 'TXT', {}, 'responses udp NOERROR', 'nodata udp', 'type TXT'],
    ['no.devices.example', 'CAA', {}, 'responses udp NXDOMAIN', 'type CAA'],
    ['no.devices.example', 'SPF', { tcp => 1 }, 'responses tcp NXDOMAIN',
     'type other'],
    ['other.example', 'A', {}, 'responses udp REFUSED', 'type A'],
    ['many.big.devices.example', 'TXT', {}, 'responses udp NOERROR',
     'truncated udp', 'type TXT'],
    [NAME, 'AXFR', {}, 'responses udp NOTIMP', 'type AXFR'],
);

for my $case (@asked) {
    my ($name, $type, $options, @series) = @$case;

    grows("$type $name", sub { $d->query($name, $type, %$options) },
          ($options->{tcp} ? 'queries tcp' : 'queries udp'), 'cookie none',
          @series);
}

my $question = $d->packet(NAME, 'A')->data();

for my $case (
    ['less than a header', 'x' x 11, 'dropped short', 'type none'],
    ['a response', "\0\1\x80\0" . substr($question, 4), 'dropped response',
     'type none'],
    ['larger than any query', 'x' x 5000, 'dropped unwanted', 'type none'],
) {
    my ($label, $bytes, @series) = @$case;
    my $socket = IO::Socket::INET->new(PeerAddr => $d->{address},
        PeerPort => $d->{port}, Proto => 'udp') or die("socket: $!");

    grows($label, sub { $socket->send($bytes) }, 'queries udp', 'cookie none',
          @series);
}

grows('no question', sub { $d->ask(SrvRegistrar::Dnsd::raw(qd => 0)) }, 'queries udp',
      'cookie none', 'responses udp FORMERR', 'type none');

# Cookies (RFC 7873 4), each worth what it is.

my $cookie = 'x' x 8;
my $reply;

grows('a client\'s cookie', sub { $reply = $d->ask(with_cookie($cookie)) },
      'queries udp', 'cookie client', 'responses udp NOERROR', 'type A');
my ($server) = $reply =~ /\x00\x0a\x00\x18x{8}(.{16})/s;
grows('with ours', sub { $d->ask(with_cookie($cookie . $server)) },
      'queries udp', 'cookie valid', 'responses udp NOERROR', 'type A');
grows('with a wrong one', sub { $d->ask(with_cookie($cookie . 'y' x 16)) },
      'queries udp', 'cookie invalid', 'responses udp NOERROR', 'type A');
grows('of no possible length', sub { $d->ask(with_cookie('x' x 9)) },
      'queries udp', 'cookie malformed', 'responses udp FORMERR', 'type A');

# Errors in words, by number: 20 is "Not Authoritative" (RFC 8914 4.21).

$d->query('other.example', 'A', edns => 1232);
is(value('dnsd_extended_errors_total{code="20"}'), 1, 'an extended error');

# The store's commits are seen, and so is the time that answers take.

my %before = metrics();
$d->fill("zone devices.example\ndevice dev2\nset \@ A 60 +86400 203.0.113.8\n");
$d->query(NAME, 'A') for 1 .. 100;
my %after = metrics();

cmp_ok($after{dnsd_store_transaction_id}, '>',
       $before{dnsd_store_transaction_id}, 'a commit is seen');
is($after{dnsd_store_zones}, 1, 'zones are counted');
is($after{dnsd_store_snapshot_age_seconds}, 0, 'no snapshot is held');
cmp_ok(abs($after{dnsd_store_commit_timestamp_seconds} - time()), '<', 60,
       'the time of the commit');
cmp_ok($after{dnsd_answer_duration_seconds_count}, '>=', 10,
       'one batch of eight is timed');
cmp_ok($after{dnsd_answer_duration_seconds_count}, '<=', 20, '... no more');
cmp_ok($after{dnsd_answer_duration_seconds_sum}, '>', 0, '... and took time');

# SIGUSR1 says the same.

$d->counters();
my %told = $d->log() =~ /^dnsd: stats: (\S+) (\S+)$/mg;
my %now = metrics();
my @moves = grep { !/^process_|_duration_/ } keys(%now);

is(join("\n", map { "$_ $told{$_}" } sort grep { exists($told{$_}) } @moves),
   join("\n", map { "$_ $now{$_}" } sort grep { $now{$_} ne '0' } @moves),
   'SIGUSR1 logs all that is not 0');

# Reloads.

kill('HUP', $d->{pid});
$d->allow_log(qr/^dnsd: reloaded$/);
ok(wait_until(sub {
    value('dnsd_config_reloads_total{result="done"}') == 1
}), 'a reload is counted');

# Requests as they should not be.

for my $case (
    ["GET /metrics HTTP/1.1\r\n$host\r\n", 200],
    ["GET /metrics HTTP/1.0\r\n\r\n", 200],
    ["GET /metrics?a=b HTTP/1.1\r\n$host\r\n", 200],
    ["GET http://x:1/metrics HTTP/1.1\r\n$host\r\n", 200],
    ["GET / HTTP/1.1\r\n$host\r\n", 404],
    ["GET /metrics/ HTTP/1.1\r\n$host\r\n", 404],
    ["GET /%6detrics HTTP/1.1\r\n$host\r\n", 404],
    ["GET * HTTP/1.1\r\n$host\r\n", 404],
    ["POST /metrics HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\nx", 405],
    ["get /metrics HTTP/1.1\r\n$host\r\n", 405],
    ["GET /metrics HTTP/1.1\r\n\r\n", 400],
    ["GET /metrics HTTP/1.1\r\n$host$host\r\n", 400],
    ["GET /metrics HTTP/1.1\n$host\n\n", 400],
    ["GET  /metrics HTTP/1.1\r\n$host\r\n", 400],
    ["GET /metrics\r\n\r\n", 400],
    ["GET /metrics HTTP/1.1 \r\n$host\r\n", 400],
    ["GET /metrics HTTP/1.1\r\n${host}Name : x\r\n\r\n", 400],
    ["GET /metrics HTTP/1.1\r\n$host folded\r\n\r\n", 400],
    ["GET /metrics HTTP/1.1\r\n${host}a: \0\r\n\r\n", 400],
    ["GET /metrics HTTP/1.1\r\n${host}word\r\n\r\n", 400],
    ["\r\n\r\n", 400],
    ["PRI * HTTP/2.0\r\n\r\n", 505],
    ["GET /metrics HTTP/1.1\r\n${host}a: " . 'x' x 4096, 431],
) {
    my ($bytes, $status) = @$case;
    my $label = substr($bytes =~ s/([^ -~])/sprintf('\\x%02x', ord($1))/gre,
                       0, 60);

    like(request($bytes), qr{^HTTP/1\.1 $status }, "$status: $label");
}

my $head = request("HEAD /metrics HTTP/1.1\r\n$host\r\n");
like($head, qr/^Content-Length: [1-9]\d{3,}\r$/m, 'HEAD tells the length');
like($head, qr/\r\n\r\n\z/, '... and has no content');
like(request("PUT /metrics HTTP/1.1\r\n$host\r\n"),
     qr/^Allow: GET, HEAD\r$/m, '405 tells what is allowed');

# One byte at a time, and peers that never end.

my $slow = tcp();
for my $byte (split(//, "GET /metrics HTTP/1.1\r\n$host\r\n")) {
    syswrite($slow, $byte);
}
like(slurp($slow), qr/^dnsd_threads 2$/m, 'one byte at a time');

my @idle = map { tcp() } 1 .. 20;
syswrite($_, 'GET /met') for @idle;
is(value('dnsd_threads'), 2, 'twenty that never ask hold nobody up');
is($d->query(NAME, 'A')->header->rcode, 'NOERROR', '... nor DNS');

my ($last) = reverse(@idle);
ok(IO::Select->new($last)->can_read(10) && !sysread($last, my $byte, 1),
   'they are closed after some seconds');
is($d->stop(), 0, 'stopped');

# A socket in the file system.

my @unix = ('--metrics', "unix:$path");
my $mask = umask(077);
$d->start(@unix);
umask($mask);
is((stat($path))[2] & 0777, 0666, 'any local user may connect');
like(request("GET /metrics HTTP/1.1\r\n$host\r\n", $path),
     qr/^dnsd_store_open 1$/m, 'over a unix socket');

my $other = SrvRegistrar::Dnsd->new(store => $d->{store});
$other->allow_log(qr/cannot serve metrics/);
my ($status, $said) = $other->run('--store', $d->{store}, '--listen',
    "$other->{address}\@$other->{port}", @unix);
is($status, 1, 'a path where somebody listens');
like($said, qr/cannot serve metrics on \Q$path\E: bind\(\): Address already/,
     '... is not taken over');
is($d->stop('KILL'), 'signal 9', 'killed');
ok(-S $path, 'its socket stays');
$d->start(@unix);
like(request("GET /metrics HTTP/1.1\r\n$host\r\n", $path),
     qr/^dnsd_store_open 1$/m, 'what nobody listens on is replaced');
is($d->stop(), 0, 'stopped');

unlink($path);
open(my $file, '>', $path) or die("$path: $!");
close($file);
($status, $said) = $other->run('--store', $d->{store}, '--listen',
    "$other->{address}\@$other->{port}", @unix);
is($status, 1, 'a file that is no socket');
ok(-f $path, '... is left alone');

for my $bad ('192.0.2.1@9953', '127.0.0.1', 'unix:metrics', 'unix:/' . 'x' x 108,
             '0.0.0.0@9953', ':@9953', 'exposed:x@1', 'http://127.0.0.1:9953') {
    ($status, $said) = $other->run('--check', '--store', $d->{store},
        '--listen', '127.0.0.1@5300', '--metrics', $bad);
    is($status, 1, "--metrics $bad");
    $other->allow_log(qr/--metrics \Q$bad\E: not /);
}

$other->allow_log(qr/no mistakes found/);
($status, $said) = $other->run('--check', '--store', $d->{store}, '--listen',
    '127.0.0.1@5300', '--metrics', 'exposed:192.0.2.1@9953');
is($status, 0, 'another than loopback, when asked for');

$d->finish();
$other->finish();
done_testing();


sub tcp
{
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
                                 Timeout => 10) // die("connect: $!");
}


# The question with a COOKIE option.

sub with_cookie
{
    my ($cookie) = @_;

    return substr($question, 0, 10) . pack('n', 1) . substr($question, 12)
           . pack('CnnNn', 0, 41, 1232, 0, 4 + length($cookie))
           . pack('nn/a*', 10, $cookie);
}


sub slurp
{
    my ($socket) = @_;

    my $text = '';

    while (IO::Select->new($socket)->can_read(20)) {
        sysread($socket, $text, 65536, length($text)) or last;
    }

    return $text;
}


sub request
{
    my ($bytes, $path) = @_;

    my $socket = $path ? IO::Socket::UNIX->new(Peer => $path) : tcp();

    syswrite($socket, $bytes);

    return slurp($socket);
}


# ( series => value ), of a text that is as it should be.

sub metrics
{
    my $reply = request("GET /metrics HTTP/1.1\r\n$host\r\n");
    my ($length, $text) =
        $reply =~ /^Content-Length: (\d+)\r\n.*?\r\n\r\n(.*)\z/ms;

    die("a reply of another length:\n$reply")
        if !defined($text) || length($text) != $length;

    return parse($text);
}


sub value
{
    my ($series) = @_;

    my %values = metrics();

    return $values{$series};
}


# Stricter than promtool: one HELP and one TYPE before a family's series, all
# of which stand together, none twice; names as Prometheus wants them.

sub parse
{
    my ($text) = @_;

    my (%values, %type, $family, @bad);

    for my $line (split(/\n/, $text)) {
        if ($line =~ /^# HELP ([a-z][a-z0-9_]*) [A-Z][^\\]*\.$/) {
            push(@bad, "again: $line") if exists($type{$1});
            $family = $1;
            $type{$family} = undef;

        } elsif ($line =~ /^# TYPE (\S+) (counter|gauge|histogram)$/) {
            my ($name, $type) = ($1, $2);

            push(@bad, $line) if $name ne $family || defined($type{$name});
            push(@bad, "no _total: $line")
                if ($type eq 'counter') != ($name =~ /_total$/);
            $type{$name} = $type;

        } elsif ($line =~ /^(([a-z][a-z0-9_]*)
                    (?:\{[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*\})?)
                    [ ](\d[0-9.e+-]*)$/x)
        {
            my ($series, $name, $value) = ($1, $2, $3);

            $name =~ s/_(?:bucket|sum|count)$//
                if ($type{$family // ''} // '') eq 'histogram';
            push(@bad, "not in its family: $line") if $name ne ($family // '');
            push(@bad, "twice: $line") if exists($values{$series});
            $values{$series} = $value;

        } else {
            push(@bad, "what is this: $line");
        }
    }

    my $base = 'dnsd_answer_duration_seconds';
    my @buckets = $text =~ /^\Q${base}\E_bucket\{le="[^"]+"\} (\d+)$/mg;

    push(@bad, "buckets: @buckets") if "@buckets" ne join(' ',
        sort { $a <=> $b } @buckets) || ($values{"${base}_count"} // -1)
        != ($values{"${base}_bucket{le=\"+Inf\"}"} // -2);
    push(@bad, 'nothing') if !%values || $text !~ /\n\z/;

    die("the text of the metrics:\n" . join("\n", @bad)) if @bad;

    return %values;
}


# Runs code, and compares what grows by one with what is said to, in short.

sub grows
{
    my ($label, $code, @wanted) = @_;

    my %before = metrics();
    $code->();
    my %after;

    wait_until(sub {
        %after = metrics();
        return total(\%after) > total(\%before);
    });

    my @grown;

    for my $series (sort(keys(%after))) {
        my $by = $after{$series} - ($before{$series} // 0);
        my $short = short($series);

        push(@grown, $by == 1 ? $short : "$short by $by")
            if defined($short) && $by != 0;
    }

    is(join(', ', sort(@grown)), join(', ', sort(@wanted)), $label);
}


sub total
{
    my ($metrics) = @_;

    my $total = 0;

    $total += $metrics->{$_} for grep { /^dnsd_queries_total/ } keys(%$metrics);

    return $total;
}


# "responses udp NOERROR" of a series' name; undef: of no interest here.

sub short
{
    my ($series) = @_;

    my ($name) = $series =~ /^dnsd_(\w+)_total\{/ or return undef;
    my @labels = grep { $_ ne 'ipv4' } $series =~ /="([^"]*)"/g;

    return undef if $name !~ /^(?:queries|responses)/;

    $name =~ s/^queries_by_|^queries_(?=dropped|cookie)|^responses_(?=.)//;

    return "$name @labels";
}
