#!/usr/bin/perl

# docs/examples/srv-agent, the device's side, against the real servers: the
# whole of its life, and each mishap that it has to survive by itself.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use MIME::Base64 ();
use POSIX ();
use Test::More;

use SrvRegistrar qw(wait_until program);

my $t = SrvRegistrar->new();

$t->device('tv');
$t->start(dnsd => 1);

my $server = 'https://registrar.example:' . $t->{port} . '/v1';
my @identity = ('--server', $server, '--connect',
                "$t->{address}:$t->{port}", '--ca', $t->path('server-ca.pem'),
                '--cert', $t->path('tv.pem'), '--key', $t->path('tv.key'));
my @service = qw(--service _xmpp-server._tcp --port 15269);

my $agent = "$FindBin::Bin/../docs/examples/srv-agent";
my $tools = $t->path('bin');              # programs of ours, found first
our $state = $t->path('tv');
our @shell;                               # another sh
our @clock;                               # faketime and its argument

mkdir($tools);


subtest 'what it refuses to start with' => sub {
    is(agent('--help'), 0, 'asked for help');
    is(agent(), 2, 'nothing to do');
    for (['an unknown command', qr/^srv-agent: dance: no such command/,
             'dance'],
         ['an unknown option', qr/--dance: no such option/, qw(--dance x)],
         ['options behind the command', qr/all options before it/,
             qw(status --verbose)])
    {
        my ($what, $said, @options) = @$_;

        is(agent(@options), 2, $what);
        like($t->read('agent.log'), $said, '... it says which');
    }
    is(agent(qw(--service _a._tcp --port x register)), 2,
        'a port that is none');
    for (['a port before its service', qr/--port 1 comes before/,
             qw(--port 1 --service _a._tcp)],
         ['so of a name below', qr/--host chat comes before its --service/,
             qw(--host chat --service _a._tcp --port 1)],
         ['a service without a port', qr/_a._tcp needs a --port/,
             qw(--service _a._tcp --host chat)],
         ['with two', qr/_a._tcp has two ports/,
             qw(--service _a._tcp --port 1 --port 2)],
         ['a body that says it all, and more', qr/--json says all/,
             qw(--json /dev/null --service _a._tcp --port 1)])
    {
        my ($what, $said, @options) = @$_;

        is(agent(@options, 'register'), 2, $what);
        like($t->read('agent.log'), $said, '... it says why');
    }
    is(agent('register'), 5, 'a device that was never enrolled');
    is(agent('enroll'), 2, 'no server to enrol with');
    is(agent(@identity, '--cert', '/nonexistent', 'enroll'), 1,
        'no certificate');
    is(agent(@identity, '--key', $t->path('server.key'), 'enroll'), 1,
        'another certificate\'s key');
    is(agent(@identity, '--server', "${server}1", 'enroll'), 3,
        'a path where no registrar is');
    like($t->read('agent.log'), qr{is \Q${server}1/enroll\E right\?},
        '... it says which');
    is(agent('--state', '/proc/x', 'status'), 1, 'no place for its state');
};

subtest 'enrols, registers, withdraws' => sub {
    is(agent(@identity, 'enroll'), 0, 'enrolled');
    is((stat($state))[2] & 077, 0, 'the state is the owner\'s alone');
    is((stat("$state/enrollment"))[2] & 0777, 0600, 'so is the key');

    is(agent(@service, qw(--service _xmpp-server._tcp --host conference
        --port 15270), 'register'), 0, 'registered');
    is(srv(), 15269, 'SRV is published');
    is(srv('conference.'), 15270, 'and one below a name');
    is($t->answers(name(), 'A'), name() . ' a 127.0.0.1', 'and the address');

    is(agent('refresh'), 0, 'refreshed');
    is(agent('show'), 0, 'shown');
    $t->write('body', '{"servces": []}');
    is(agent('--json', $t->path('body'), 'register'), 0, 'a word misspelt');
    like($t->read('agent.log'), qr/ignores: .*servces/, '... is told of');
    is(agent('withdraw'), 0, 'withdrawn');
    is(srv(), '', 'nothing is published');
    is(agent(@service, 'register'), 0, 'registered again');
};

subtest 'the key is on no command line' => sub {
    wrapper('openssl', 'echo "$@" >>' . $t->path('argv'));
    is(agent('refresh'), 0, 'refreshed');
    remove('openssl');

    my ($secret) = $t->read('tv/enrollment') =~ /"k": ?"([^"]+)"/;
    my $hex = unpack('H*', MIME::Base64::decode_base64url($secret));

    isnt($t->read('argv'), '', 'openssl was called');
    unlike($t->read('argv'), qr/\Q$secret\E|$hex/i, 'without the key');
};

subtest 'a certificate that no CA knows' => sub {
    my $certs = $t->path('certs');
    my @dane = (@service, qw(--service _xmpps-server._tcp --port 15270
        --service _xmpp-server._tcp --port 15269 --host conference),
        '--dane', $certs);

    is(agent(@dane, 'register'), 0, 'registered');
    like($t->read('agent.log'), qr/zone is not signed .*TLSA/,
        'it says that in this zone nobody heeds it');

    my $certificate = "$certs/" . name() . '.crt';
    my $digest = key_digest($certificate);

    is($t->answers("_15269._tcp." . name(), 'TLSA'),
        "_15269._tcp." . name() . " tlsa 3 1 1 $digest",
        'its key is published for one port');
    is($t->answers("_15270._tcp." . name(), 'TLSA'),
        "_15270._tcp." . name() . " tlsa 3 1 1 $digest", 'and for the other');
    my $names = `openssl x509 -in $certificate -noout -ext subjectAltName`;

    like($names, qr/DNS:\Q${\name()}\E,/, 'it has the name');
    is((stat($certificate =~ s/crt$/key/r))[2] & 077, 0,
        'the private key is the owner\'s alone');

    unlink($certificate);
    is(agent(@dane, 'register'), 0, 'registered with a new certificate');
    is(key_digest($certificate), $digest, 'of the same key');

    rename("$certs/" . name() . '.key', "$certs/kept") or die($!);
    is(system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
        . " -out '$certs/" . name() . ".key'"), 0, 'another key');
    is(agent(@dane, 'register'), 1, 'not that of the certificate: refused');

    is(agent('--dane', $certs, '--json', '/dev/null', 'register'), 2,
        'a body that says it all');
    is(agent('--dane', '/proc/x', @service, 'register'), 1,
        'no place for the certificate');
    is(agent(@service, 'register'), 0, 'and without it');
    is($t->answers("_15269._tcp." . name(), 'TLSA'), '', 'nothing is left');
};

subtest 'a lost reply' => sub {
    wrapper('curl', program('curl') . ' "$@" >/dev/null 2>&1; '
        . 'for f; do case $f in */head | */reply) : >"$f" ;; esac; done; '
        . 'exit 56');
    is(agent(qw(--service _xmpp-server._tcp --port 15300 register)), 4,
        'no answer was heard');
    remove('curl');
    is(srv(), 15300, 'but the update was made');
    is(agent(@service, 'register'), 0, 'the next request is not a replay');
    is(srv(), 15269, 'and counts');
};

subtest 'a signature not above the last one' => sub {
    put('last', time() + 30);
    is(agent('refresh'), 0, 'one that runs ahead');
    put('last', 0);
    is(agent('refresh'), 0, 'one behind: signed again above it');
};

subtest 'a clock that is wrong' => sub {
    @clock = ('faketime', '-f', '+2d');
    is(agent('refresh'), 0, 'two days fast');
    @clock = ();
    is(agent('refresh'), 0, 'and right again');
};

subtest 'a boot in 1970' => sub {
    my $asked = asked();

    @clock = ('faketime', '1970-01-01 00:00:30');
    is(agent('refresh'), 0, 'with the time that was saved');
    cmp_ok(asked() - $asked, '<=', 2, '... within two round trips');
    is(agent(@service, 'register'), 0, 'again');
    cmp_ok(asked() - $asked, '<=', 4, '... and again');

    local $state = $t->path('1970');
    $asked = asked();
    is(agent(@identity, 'enroll'), 0, 'out of the box');
    is(asked() - $asked, 1, '... by one request');
    is(agent(@service, 'register'), 0, 'registered');
    cmp_ok(asked() - $asked, '<=', 3, '... within two round trips');

    # To the agent the certificate is not valid yet; to be foreign is worse.
    local $state = $t->path('1970-foreign');
    is(agent(@identity, '--ca', $t->path('manufacturer.pem'), 'enroll'), 4,
        'another CA\'s server is refused in 1970, too');

    @clock = ();
    $state = $t->path('1970');
    is(agent('refresh'), 0, 'when the clock has been set');
};

subtest 'keys of its own' => sub {
    for my $type (qw(ed25519 p256)) {
        local $state = $t->path($type);

        is(agent(@identity, '--key-type', $type, 'enroll'), 0,
            "$type: enrolled");
        is(agent(@service, 'register'), 0, "$type: registered");
        is(agent('rotate'), 0, "$type: key replaced");
        is(agent('refresh'), 0, "$type: and in use");
    }

    # The other states' keys of this certificate were retired by that.
    is(agent('refresh'), 0, 'a device that was enrolled elsewhere since');
};

subtest 'another key' => sub {
    my $before = status('key');

    is(agent('rotate'), 0, 'rotated');
    isnt(status('key'), $before, 'the key is new');
    is(agent('refresh'), 0, 'and good');
};

subtest 'a server that is not ours' => sub {
    local $state = $t->path('foreign');
    my $log = $t->read('access.log');

    is(agent(@identity, '--ca', $t->path('manufacturer.pem'), 'enroll'), 4,
        'refused');
    is($t->read('access.log'), $log, 'nothing was sent');
};

subtest 'a name that is none' => sub {
    local $state = $t->path('misled');

    wrapper('curl', program('curl') . ' "$@" || exit; for f; do case $f in '
        . '*/reply) sed -i \'s,"fqdn": *"[^"]*","fqdn":"../../etc/x",\' "$f" ;; '
        . 'esac; done; exit');
    is(agent(@identity, 'enroll'), 4, 'not taken');
    like($t->read('agent.log'), qr/makes no sense/, '... it says so');
    ok(!-e "$state/enrollment", '... and nothing is kept');
    remove('curl');
};

subtest 'a wiped store' => sub {
    my $name = name();

    $t->stop();
    unlink(glob($t->path('store') . '/*'));
    $t->start(dnsd => 1);

    is(srv(), '', 'nothing is there');
    is(agent('refresh'), 0, 'a refresh enrols again');
    is(name(), $name, 'under the same name');
    is(srv(), 15269, 'and publishes what was published');
};

subtest 'busybox' => sub {
    plan skip_all => 'no busybox' if !program('busybox');

    local @shell = ('busybox', 'sh');
    local $state = $t->path('busybox');

    is(agent(@identity, 'enroll'), 0, 'enrolled');
    is(agent(@service, 'register'), 0, 'registered');
    is(agent('refresh'), 0, 'refreshed');
};

subtest 'run, with a router' => sub {
    local $state = $t->path('run');

    wrapper('natpmpc', 'echo "Mapped public port 40001 protocol TCP to local'
        . ' port 15269 liftime 7200"; exit');
    wrapper('upnpc', 'exit 1');

    my $pid = start_agent(@identity, @service, '--map', 'run');

    ok(wait_until(sub { srv() eq '40001' }), 'published the mapped port');
    kill('TERM', $pid);
    waitpid($pid, 0);
    is($?, 0, 'ends when it is told to');
    is_deeply([grep { -e } glob("$state/work.* $state/lock")], [],
        'leaves nothing behind');
};

done_testing();


# How many requests there were.

sub asked
{
    return scalar(() = $t->read('access.log') =~ /\n/g);
}


sub agent
{
    my $pid = start_agent(@_);

    waitpid($pid, 0);

    my $status = $? >> 8;

    note("srv-agent @_: $status\n", $t->read('agent.log'));

    return $status;
}


sub start_agent
{
    my (@args) = @_;

    my $pid = fork() // die("fork: $!");

    return $pid if $pid;

    $ENV{PATH} = "$tools:$ENV{PATH}";
    open(STDIN, '<', '/dev/null');
    open(STDOUT, '>', $t->path('agent.log'));
    open(STDERR, '>&', \*STDOUT);
    exec(@clock, @shell, $agent, "--state", $state, @args) or POSIX::_exit(127);
}


# A program that stands before the real one of its name.

sub wrapper
{
    my ($name, $script) = @_;

    my $real = program($name) // 'true';

    $t->write("bin/$name", "#!/bin/sh\n$script\nexec $real \"\$\@\"\n");
    chmod(0755, "$tools/$name");
}


sub remove { unlink("$tools/$_[0]") }


sub put
{
    my ($name, $value) = @_;

    open(my $file, '>', "$state/$name") or die("$name: $!");
    print $file "$value\n";
}


sub status
{
    my ($what) = @_;

    agent('status');

    return $t->read('agent.log') =~ /^$what +(\S+)/m ? $1 : '';
}


sub name { return status('name') }


# SHA-256 of the certificate's public key.

sub key_digest
{
    my ($certificate) = @_;

    my $public = "openssl x509 -in $certificate -noout -pubkey"
        . ' | openssl pkey -pubin -outform DER';

    return sha256_hex(scalar(`$public`));
}


# The port that is published.

sub srv
{
    my ($below) = @_;

    my $answer = $t->answers('_xmpp-server._tcp.' . ($below // '') . name(),
        'SRV') // 'no answer';

    return $answer =~ /srv 0 0 (\d+) / ? $1 : $answer;
}
