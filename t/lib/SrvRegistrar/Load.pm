package SrvRegistrar::Load;

# Many devices at work at once: client processes, each with some of the
# devices, that update one after the other as fast as they are answered.
#
#   my $load = SrvRegistrar::Load->new($t, clients => 8, devices => 4);
#   $load->start();
#   $load->wait_acknowledged(300);
#   $load->stop();
#   is_deeply([$load->missing()], [], 'all that was acknowledged is there');
#
# Each update moves a device's service to a port that it never had before.
# What a client sends and hears it writes into a journal before it goes on,
# so that the test knows it whatever dies:
#
#   sent <device> <port>                  about to be sent
#   acked <device> <port> <ms>            2xx
#   lost <device> <port> <ms> fresh|kept  no answer, on a new connection or
#                                         on one that had answered before
#   refused <device> <port> <ms> <why>    another answer
#   replayed <device> <port> <answer>     bytes that were sent again
#   twice <device> <port>                 bytes that were accepted two times
#
# A device whose reply was lost signs anew and says the next port: a lost
# update is in doubt, and either value is right.

use strict;
use warnings;

use Carp qw(croak);
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

use SrvRegistrar qw(outcome);
use SrvRegistrar::Device;
use SrvRegistrar::Process qw(wait_until);

# The certificate is one, the identity is in the query: making a key and a
# certificate for each of a hundred devices would take longer than the test.
use constant CERTIFICATE => 'fleet';

use constant FIRST_PORT => 1024;

# A device's `created` runs ahead of the clock where it updates more than
# once in a second; the server takes 60 s.
use constant AHEAD => 50;

use constant WAIT => SrvRegistrar::ASAN ? 120 : 60;


# clients   processes, 8
# devices   of each, 4
# fresh     1: a new connection for each update
# abandon   share of updates whose connection is closed without waiting
# resend    1: what was lost is sent again as it was, and at the end what each
#           device had last acknowledged
# pause     s between two updates of a client, 0

sub new
{
    my ($class, $bench, %args) = @_;

    return bless {
        bench   => $bench,
        clients => 8,
        devices => 4,
        pause   => 0,
        journal => $bench->path('journal.' . ++$bench->{journals}),
        pids    => [],
        owner   => $$,
        %args,
    }, $class;
}


# Lines of a configuration that let fleets enrol; into the slot `enroll`.

sub enroll_slot
{
    return 'srv_registrar_identity fleet $arg_id;';
}


# Enrols the devices, over one connection.

sub enroll
{
    my ($self) = @_;

    my $bench = $self->{bench};
    my $certificates = $bench->{certificates};

    $certificates->certificate(CERTIFICATE, ca => 'manufacturer')
        if !-e $certificates->pem(CERTIFICATE);

    my $socket = $bench->{client}->connect(
        cert => $bench->certificate_files(CERTIFICATE)) or croak($@);
    my $first = $bench->{fleet} // 0;

    $bench->{fleet} = $first + $self->{clients} * $self->{devices};

    $self->{fleet} = [map {
        enroll_device($bench, $_, $socket)
    } $first .. $bench->{fleet} - 1];

    close($socket);
}


sub enroll_device
{
    my ($bench, $id, $socket) = @_;

    my $device = SrvRegistrar::Device->new(bench => $bench,
                                           name  => CERTIFICATE);
    my $reply = $bench->request('POST', "/v1/enroll?id=$id",
        cert => CERTIFICATE, socket => $socket, keepalive => 1);

    croak("device $id: " . outcome($reply))
        if !$reply || $reply->{status} !~ /^2/;

    $device->keep($reply->{json});
    $device->{port} = FIRST_PORT;

    return $device;
}


sub start
{
    my ($self) = @_;

    $self->enroll() if !$self->{fleet};

    for my $client (0 .. $self->{clients} - 1) {
        my $first = $client * $self->{devices};

        defined(my $pid = fork()) or croak("fork: $!");

        if ($pid == 0) {
            eval { $self->work($first .. $first + $self->{devices} - 1) };
            $self->note("died $first $@") if $@;
            POSIX::_exit($@ ? 1 : 0);
        }

        push(@{ $self->{pids} }, $pid);
    }
}


# A client's life.  TERM asks it to stop after the update that it is at.

sub work
{
    my ($self, @devices) = @_;

    my $parent = getppid();
    my $stop = 0;

    local $SIG{TERM} = sub { $stop = 1 };
    local $SIG{PIPE} = 'IGNORE';

    open($self->{out}, '>>', $self->{journal}) or croak("journal: $!");
    srand($devices[0] + 1);

    for (my $n = 0; !$stop && getppid() == $parent; $n++) {
        my $id = $devices[$n % @devices];
        my $device = $self->{fleet}[$id];

        if ($device->{last} > time() + AHEAD) {
            sleep(0.05);
            next;
        }

        $self->update($id, $device);
        sleep($self->{pause}) if $self->{pause};
    }

    $self->resend_acked($_, $self->{fleet}[$_])
        for $self->{resend} ? @devices : ();
}


sub update
{
    my ($self, $id, $device) = @_;

    my $kept = defined($self->{socket});
    my $port = ++$device->{port};
    my $begin = time();

    $self->{socket} //= $self->connect() // return;

    $self->note("sent $id $port");

    return $self->abandon($device, $port)
        if rand() < ($self->{abandon} // 0);

    my $reply = eval {
        $device->register($port, socket => $self->{socket}, keepalive => 1)
    };
    my $ms = int((time() - $begin) * 1000);

    if (!$reply) {
        $self->note("lost $id $port $ms " . ($kept ? 'kept' : 'fresh'));
        $self->drop();
        $self->resend($id, $device, $port) if $self->{resend};
        return;
    }

    if ($reply->{status} =~ /^2/) {
        $self->note("acked $id $port $ms");
        $device->{acked} = $device->{sent};

    } else {
        $self->note("refused $id $port $ms " . outcome($reply));
    }

    $self->drop() if $self->{fresh}
        || lc($reply->{headers}{connection} // '') eq 'close';
}


# A refused connection is no lost update: between the death of the last
# worker and the next one's start the kernel holds the connection anyway.

sub connect
{
    my ($self) = @_;

    my $begin = time();
    my $socket = $self->{bench}{client}->connect();

    if (!$socket) {
        $self->note("unconnected 0 0 " . int((time() - $begin) * 1000)
            . " $@");
        sleep(0.01);
    }

    return $socket;
}


sub drop
{
    my ($self) = @_;

    close(delete $self->{socket});
}


# Sends and hangs up: after nothing, or after a moment.

sub abandon
{
    my ($self, $device, $port) = @_;

    my $bytes = $device->signed_bytes('PUT', '/v1/records',
        SrvRegistrar::Device::registration($port), keepalive => 1);
    my $socket = $self->{socket};

    print $socket $bytes;
    sleep(rand(0.004)) if rand() < 0.7;

    hang_up($socket, rand() < 0.5);
    delete $self->{socket};
}


# Without TLS's own goodbye: a device that lost its power, or with a reset
# the address that its router gave it.

sub hang_up
{
    my ($socket, $reset) = @_;

    setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) if $reset;
    $socket->close(SSL_no_shutdown => 1);
}


# The same bytes again, as an attacker would.  The first time may be the
# first that the server takes them: then they change something.

sub resend
{
    my ($self, $id, $device, $port) = @_;

    my $accepted = 0;

    for (1 .. 2) {
        my $reply = $self->replay($id, $port, $device->{sent}) // next;

        next if $reply->{status} !~ /^2/;
        $self->note("twice $id $port")
            if $accepted++ || !$reply->{json}{changed};
    }
}


sub resend_acked
{
    my ($self, $id, $device) = @_;

    my $bytes = $device->{acked} // return;
    my $reply = $self->replay($id, $device->{port}, $bytes) // return;

    $self->note("twice $id $device->{port}") if $reply->{status} =~ /^2/;
}


sub replay
{
    my ($self, $id, $port, $bytes) = @_;

    my $reply = eval { $self->{bench}{client}->exchange($bytes) }
        // return undef;

    $self->note("replayed $id $port " . outcome($reply));

    return $reply;
}


sub note
{
    my ($self, $line) = @_;

    syswrite($self->{out} // \*STDERR, "$line\n");
}


# Ends the clients; what they left is in the journal.

sub stop
{
    my ($self) = @_;

    kill('TERM', @{ $self->{pids} }) if @{ $self->{pids} };

    for my $pid (@{ $self->{pids} }) {
        waitpid($pid, 0);
        $self->{failed}++ if $?;
    }

    $self->{pids} = [];
}


# Lines of the journal of one kind, as arrays of words.

sub journal
{
    my ($self, $kind) = @_;

    open(my $file, '<', $self->{journal}) or return ();

    return grep { $_->[0] eq $kind } map { [split(' ')] } <$file>;
}


sub acknowledged { return scalar($_[0]->journal('acked')) // 0 }


sub wait_acknowledged
{
    my ($self, $n) = @_;

    wait_until(sub { $self->acknowledged() >= $n }, WAIT)
        or croak("$n updates took too long: " . $self->acknowledged());
}


# The longest that a client waited for an answer, or for its absence, ms.

sub longest
{
    my ($self) = @_;

    my ($longest) = sort { $b <=> $a } 0, map { $_->[3] }
        map { $self->journal($_) } qw(acked lost refused);

    return $longest;
}


# Of each device: its last acknowledged port, and the later ones that are in
# doubt.

sub expected
{
    my ($self) = @_;

    my %expected;

    open(my $file, '<', $self->{journal}) or return \%expected;

    while (<$file>) {
        my ($kind, $id, $port) = split(' ');

        push(@{ $expected{$id}{doubt} }, $port) if $kind eq 'sent';

        # A refusal changed nothing.
        pop(@{ $expected{$id}{doubt} }) if $kind eq 'refused';
        $expected{$id} = { acked => $port, doubt => [] } if $kind eq 'acked';
    }

    return \%expected;
}


# Devices whose published port is not what it should be, seen by GET and,
# where there is a dnsd, by DNS: lines that say so.  GET goes over the given
# connection, or one of its own.

sub missing
{
    my ($self, $socket) = @_;

    my $expected = $self->expected();
    my @missing;

    $socket //= $self->{bench}{client}->connect() or croak($@);

    for my $id (sort { $a <=> $b } keys(%$expected)) {
        my $device = $self->{fleet}[$id];
        my $acked = $expected->{$id}{acked};
        my @right = @{ $expected->{$id}{doubt} };

        push(@right, $acked // 'none');

        my %seen = (GET => $self->shown($device, $socket));

        $seen{DNS} = $self->published($device) if $self->{bench}{dnsd};

        while (my ($where, $port) = each(%seen)) {
            push(@missing, "device $id: $where shows $port, not "
                . join(' or ', @right)) if !grep { $_ eq $port } @right;
        }
    }

    return @missing;
}


sub shown
{
    my ($self, $device, $socket) = @_;

    my $reply = $device->show(socket => $socket, keepalive => 1,
                              sign   => { created => int(time()) });

    return outcome($reply) if !$reply || $reply->{status} != 200;

    my ($port) = $reply->{body} =~ /"0 0 (\d+) /;

    return $port // 'none';
}


sub published
{
    my ($self, $device) = @_;

    my $text = $self->{bench}->answers(
        '_xmpp-server._tcp.' . $device->fqdn(), 'SRV') // 'no answer';

    return $text =~ / srv 0 0 (\d+) / ? $1 : $text eq '' ? 'none' : $text;
}


# One line about what happened, for note().

sub summary
{
    my ($self) = @_;

    return join(', ', map { "$_ " . scalar(my @all = $self->journal($_)) }
        qw(sent acked lost refused unconnected)) . ', longest '
        . $self->longest() . ' ms';
}


sub DESTROY
{
    my ($self) = @_;

    local ($?, $@, $!);

    kill('KILL', @{ $self->{pids} }) if $self->{owner} == $$;
}


1;
