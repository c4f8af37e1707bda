#!/usr/bin/perl

# A client that asks for another handshake in the midst of a TLS 1.2
# connection, maybe to be somebody else from then on, gets none: an identity
# is that of a connection.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IPC::Open3 qw(open3);
use Test::More;

use SrvRegistrar;

my $t = SrvRegistrar->new(workers => 1);

$t->configure(server => 'ssl_protocols TLSv1.2;');
$t->device('device');
$t->start();

my $request = $t->{client}->bytes('POST', '/v1/enroll', body => '');

like(said($request), qr{HTTP/1\.1 201 }, 'a connection as it began');

my $said = said("R\n", $request);

like($said, qr/RENEGOTIATING/, 'another handshake is asked for');
unlike($said, qr{HTTP/1\.1 }, 'and nothing is served after it');

done_testing();


# What openssl prints until the end, where it is told one thing after the
# other; "R" at the begin of a line makes it ask.

sub said
{
    my @orders = @_;

    my $pid = open3(my $in, my $out, undef, 'openssl', 's_client', '-connect',
        "$t->{address}:$t->{port}", '-tls1_2', '-servername',
        'registrar.example', '-CAfile', $t->path('server-ca.pem'), '-cert',
        $t->path('device.pem'), '-key', $t->path('device.key'));
    my $said = '';

    local $SIG{PIPE} = 'IGNORE';

    while (IO::Select->new($out)->can_read(20)) {
        sysread($out, $said, 65536, length($said)) or last;

        syswrite($in, shift(@orders))
            if @orders && $said =~ /---\n\z|RENEGOTIATING\n/;
    }

    kill('KILL', $pid);
    waitpid($pid, 0);

    return $said;
}
