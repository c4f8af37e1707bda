#!/usr/bin/perl

# DNS cookies (RFC 7873, RFC 9018): real clients' and our own, from a file of
# secrets that is rotated, and from a secret of dnsd's own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

use constant CLIENT => "\1\2\3\4\5\6\7\10";
use constant COOKIE => 10;
use constant BADCOOKIE => 23;

my @secrets = ('e5e973e5a6b2a43f48e7dc849e37bfcf',
               'dd3bdf9344b678b185a6f5cb60fca715',
               '445536bcd2513298075a5d379663c962');

my $d = SrvRegistrar::Dnsd->new();
my $file = "$d->{dir}/cookies";
my $question = SrvRegistrar::Dnsd::wire_name('dev1.devices.example')
    . pack('nn', 1, 1);

$d->allow_log(qr/^dnsd: (?:reloaded|not reloaded:|cookie-secrets )/);
$d->fill($d->ZONE . $d->DEVICE);

subtest 'a secret of its own' => sub {
    $d->start();

    my ($rcode, $cookie) = ask(CLIENT);

    is($rcode, 0, 'a client cookie');
    is(length($cookie), 24, '... gets a server cookie');
    is(substr($cookie, 0, 12), CLIENT . "\1\0\0\0", '... of version 1');
    cmp_ok(abs(unpack('x12 N', $cookie) - time()), '<=', 30, '... and of now');

    is_deeply([ask($cookie)], [0, $cookie], 'it is taken, and stays');
    is_deeply([ask($cookie, tcp => 1)], [0, $cookie], '... by TCP, too');
    is((ask($cookie, from => '127.9.9.9'))[0], 0, 'from another address');
    isnt((ask($cookie, from => '127.9.9.9'))[1], $cookie,
         '... it is not that one\'s');

    # Made anew: of the second that has begun meanwhile.
    my ($alone_rcode, $alone) = alone(CLIENT);

    is($alone_rcode, 0, 'without a question');
    is(length($alone), 24, '... there is a cookie, too');
    is_deeply([ask($alone)], [0, $alone], '... which is taken');
    is((alone($cookie))[0], 0, '... a good one');
    is((alone($cookie, from => '127.9.9.9'))[0], BADCOOKIE,
       '... a bad one');
    is((alone($cookie, from => '127.9.9.9', tcp => 1))[0], BADCOOKIE,
       '... by TCP');

    is((ask('x' x $_))[0], 1, "$_ bytes are no cookie")
        for 0, 7, 9, 15, 41, 200;
    is_deeply([ask()], [0, undef], 'who has none gets none');

    is($d->stop(), 0, 'stopped');
    $d->start();
    isnt((alone($cookie))[0], 0, 'a start makes another secret');

    ($rcode, $cookie) = ask(CLIENT);
    reload('reloaded');
    is((alone($cookie))[0], 0, '... and its secret stays') for 1 .. 3;
    is($d->stop(), 0, 'stopped');
};


subtest 'real clients' => sub {
    $d->start();

    my @at = ("\@$d->{address}", '-p', $d->{port}, 'dev1.devices.example');

    like(run('dig', @at, '+cookie'), qr/COOKIE: [0-9a-f]{48} \(good\)/,
         'dig');
    like(run('dig', @at, '+cookie', '+tcp'),
         qr/COOKIE: [0-9a-f]{48} \(good\)/, '... by TCP');
    like(run('dig', @at, '+header-only', '+cookie'),
         qr/status: NOERROR.*QUERY: 0,.*COOKIE: [0-9a-f]{48} \(good\)/s,
         '... without a question');
    like(run('kdig', @at, '+cookie'), qr/COOKIE: [0-9A-F]{48}\n/, 'kdig');
    is($d->stop(), 0, 'stopped');
};


subtest 'secrets in a file' => sub {
    secrets($secrets[0]);
    $d->start('--cookie-secrets', $file);

    my $first = (ask(CLIENT))[1];

    is($d->stop(), 0, 'stopped');
    $d->start('--cookie-secrets', $file);
    is_deeply([alone($first)], [0, $first],
              'a cookie survives a start, or goes to another server');

    # The steps of RFC 9018 5: announced, used, the old one gone.

    secrets(@secrets[0, 1]);
    reload('reloaded');
    is_deeply([alone($first)], [0, $first], 'a second secret changes nothing');

    secrets(@secrets[1, 0]);
    reload('reloaded');
    my ($rcode, $second);
    ok(wait_until(sub {
        ($rcode, $second) = alone($first);
        $rcode != 0 || $second ne $first;
    }), 'with the new one first, cookies are replaced');
    is($rcode, 0, '... and the old ones still accepted');
    is_deeply([alone($second)], [0, $second], '... by those of the new one');

    secrets($secrets[1]);
    reload('reloaded');
    ok(wait_until(sub { (alone($first))[0] == BADCOOKIE }),
       'then no more');
    is((alone($second))[0], 0, 'the new one is good');

    # What cannot be used changes nothing.

    secrets(@secrets);
    reload('not reloaded: ');
    secrets('no secret');
    reload('not reloaded: ');
    secrets($secrets[2]);
    chmod(0644, $file);
    reload('not reloaded: ');
    unlink($file);
    reload('not reloaded: ');
    is((alone($second))[0], 0, 'after four mistakes all is as it was');
    is($d->stop(), 0, 'stopped');

    unlike($d->log(), qr/$_/, 'no secret is logged') for @secrets;
};


subtest 'a file that cannot be used' => sub {
    my @options = ('--store', $d->{store}, '--listen',
        "$d->{address}\@$d->{port}", '--cookie-secrets', $file);

    unlink($file);
    my ($status, $said) = $d->run(@options);
    is($status, 1, 'there is none');
    like($said, qr/^dnsd: cookie-secrets \Q$file\E: No such file/m, '... told');

    secrets($secrets[0]);
    chmod(0660, $file);
    ($status, $said) = $d->run(@options, '--check');
    is($status, 1, '--check: one that others may write');
    like($said, qr/: mode 0660 gives it to others/, '... told');

    chmod(0400, $file);
    ($status, $said) = $d->run(@options, '--check');
    is($status, 0, '--check: a good one');
};


subtest 'off' => sub {
    $d->start('--cookies', 'off');
    is_deeply([ask(CLIENT)], [0, undef], 'no cookie');
    is_deeply([ask('x')], [0, undef], '... and none is malformed');
    is((alone(CLIENT))[0], 1, 'nothing without a question');
    is($d->stop(), 0, 'stopped');
};

$d->allow_log(qr/No such file|not readable|no mistakes found/);
$d->finish();
done_testing();


# (RCODE, cookie) for a question with this cookie; tcp => 1, from => address.

sub ask
{
    my ($cookie, %how) = @_;

    return exchange(SrvRegistrar::Dnsd::raw(ar => 1, rest => $question
        . opt($cookie)), %how);
}


# The same without a question.

sub alone
{
    my ($cookie, %how) = @_;

    return exchange(SrvRegistrar::Dnsd::raw(qd => 0, ar => 1,
        rest => opt($cookie)), %how);
}


sub opt
{
    my ($cookie) = @_;

    return "\0" . pack('nnNn/a*', 41, 1232, 0,
        defined($cookie) ? pack('nn/a*', COOKIE, $cookie) : '');
}


sub exchange
{
    my ($bytes, %how) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $d->{address},
        PeerPort => $d->{port}, Proto => $how{tcp} ? 'tcp' : 'udp',
        LocalAddr => $how{from} // $d->{address}) or die("socket: $!");
    my $reply;

    if ($how{tcp}) {
        $socket->autoflush(1);
        print $socket pack('n/a*', $bytes);
        $reply = $d->read_tcp($socket);

    } else {
        $socket->send($bytes);
        IO::Select->new($socket)->can_read(10) && $socket->recv($reply, 4096);
    }

    return 'silence' if !defined($reply);

    my $rcode = unpack('x3 C', $reply) & 15;

    # Versions of Net::DNS show OPTs in ways of their own.

    $rcode |= ord($1) << 4 if $reply =~ /\0\0\x29..(.)/s;

    my ($cookie) = $reply =~ /\0\x0a\0\x18(.{24})/s;

    return ($rcode, $cookie);
}


sub secrets
{
    my (@lines) = @_;

    unlink($file);
    open(my $out, '>', $file) or die("$file: $!");
    chmod(0600, $file);
    print $out map { "$_\n" } @lines;
    close($out) or die("$file: $!");
}


sub reload
{
    my ($said) = @_;

    my $before = length($d->log());

    kill('HUP', $d->{pid});
    ok(wait_until(sub { substr($d->log(), $before) =~ /^dnsd: $said/m }),
       $said);
}


sub run
{
    my (@command) = @_;

    open(my $pipe, '-|', @command) or die("$command[0]: $!");
    local $/;

    return scalar(<$pipe>);
}
